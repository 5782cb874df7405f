/**
 * One running copy of the vendor's program, as the story starts it: takes a seat, or queues for one, and
 * keeps it until it is told to stop. Says what happens to it in JSON lines on standard output.
 */
import { acquire } from '../../client/index.ts';

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const seat = await acquire({
  wait: true,
  keepAlive: true,
  onQueued: ({ position, length }) => say({ event: 'queued', position, length }),
});
say({
  event: 'granted',
  sessionId: seat.sessionId,
  leaseUntil: seat.leaseUntil,
});
seat.on('lost', ({ reason }) => {
  say({ event: 'lost', reason });
});
process.once('SIGTERM', () => {
  void seat.release().then(() => say({ event: 'released' }));
});
