import express, { type Request, type RequestHandler, type Response } from 'express';
import { LicensingError } from '../../domain/errors.ts';

/** Largest body that is read, unpacked. */
const bodyLimit = '64kb';

const parseJson: RequestHandler = express.json({ limit: bodyLimit, type: () => true });

/**
 * Reads a request's JSON into `request.body`, whatever its content type says.
 *
 * @throws LicensingError `invalid_request`. The parser's own error is not kept as its cause: it quotes
 * the body, and nothing that a caller sends may reach the log.
 */
export async function readBody(request: Request, response: Response): Promise<void> {
  let error: unknown;
  await new Promise<void>((resolve) => {
    parseJson(request, response, (fault: unknown) => {
      error = fault;
      resolve();
    });
  });
  if (error === undefined) return;
  const isTooLarge = error instanceof Error && 'type' in error && error.type === 'entity.too.large';
  throw new LicensingError(
    'invalid_request',
    isTooLarge ? `The body is larger than ${bodyLimit}.` : 'The body is not JSON in UTF-8.',
  );
}
