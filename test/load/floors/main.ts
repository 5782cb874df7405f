/**
 * The floors: Express routes that do the work of an operation and nothing else. No validation, no log,
 * no metrics, no reading of replies: what the API takes longer is what its layers cost.
 *
 *   POST   /bare                          answers at once
 *   POST   /v1/sessions/{id}/heartbeat    HMAC and the script that renews a lease
 *   POST   /v1/sessions                   one read, the script, one durable transaction
 *   DELETE /v1/sessions/{id}              HMAC, the scripts, one durable transaction
 *   POST   /v1/licenses/validate          one read
 */
import express, { type Request, type Response } from 'express';
import { floorSettings } from './settings.ts';
import { createFloorSeats, type AcquireBody } from './seats.ts';

const settings = floorSettings();
const seats = createFloorSeats(settings);
const app = express().disable('x-powered-by').disable('etag');
const readJson = express.json();

app.post('/bare', (_request, response) => {
  response.json({ ok: true });
});
app.post('/v1/sessions/:id/heartbeat', readJson, async (request, response) => {
  response.json(await seats.renew(credentialOf(request)));
});
app.post('/v1/sessions', readJson, async (request: Request, response: Response) => {
  response
    .status(201)
    .json(await seats.acquire(credentialOf(request), request.body as AcquireBody));
});
app.delete('/v1/sessions/:id', async (request, response) => {
  await seats.release(credentialOf(request));
  response.status(204).end();
});
app.post('/v1/licenses/validate', readJson, async (request, response) => {
  response.json(await seats.read(credentialOf(request)));
});
app.listen(settings.port, '127.0.0.1');

function credentialOf({ headers }: Request): string {
  return (headers.authorization ?? '').split(' ', 2)[1] ?? '';
}
