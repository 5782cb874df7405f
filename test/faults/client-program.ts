/**
 * A program of a user, with the real client, in a process of its own: holds a seat, works only while
 * it is sure of it, gives it back, again and again. Writes what it sees as lines of the history on
 * standard output. On standard input: `skew <ms>` moves its wall clock, `stop` ends it.
 */
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { acquire, LeaseholdError, type Seat } from '../../client/index.ts';
import { describeDevice, isEphemeral, machineId } from '../../client/machine.ts';
import { monotonicMs, wallToMonotonicMs, type HistoryEvent } from './history.ts';
import { createRandom } from './random.ts';
import { offlineFactsOf } from './token.ts';

const [, , name = '', seed = '0', licenseId = '', wait = ''] = process.argv;
const random = createRandom(Number(seed)).fork(name);
const stopping = new AbortController();

// Answers name wall-clock times of the server's; this process's own may be made to lie.
const wallOffsetMs = wallToMonotonicMs();
const trueNow = Date.now.bind(Date);
let skewMs = 0;
Date.now = () => trueNow() + skewMs;

createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, ms = '0'] = line.split(' ');
  if (command === 'skew') skewMs = Number(ms);
  if (command === 'stop') stopping.abort();
});

const user = {
  device: describeDevice(machineId(process.env)).fingerprint,
  keepsRights: !isEphemeral(process.env),
};

let ops = 0;
type Told = Partial<HistoryEvent> & Pick<HistoryEvent, 'deed' | 'instance'>;

function write(op: number, phase: HistoryEvent['phase'], told: Told): void {
  const event: HistoryEvent = { at: monotonicMs(), client: name, op, phase, licenseId, ...told };
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Something that is known at once. */
function note(phase: 'ok' | 'fail' | 'info', told: Told): void {
  const op = (ops += 1);
  write(op, 'invoke', told);
  write(op, phase, told);
}

function factsOf({ sessionId, instanceKey, fence, leaseUntil, leaseToken }: Seat) {
  return {
    instance: instanceKey,
    session: sessionId,
    status: 'active' as const,
    leaseUntil: leaseUntil.getTime() + wallOffsetMs,
    ...(fence === null ? {} : { fence }),
    // The newest that was found good, with this answer or before.
    ...(leaseToken === null ? {} : offlineFactsOf(leaseToken.claims, wallOffsetMs)),
  };
}

/** How an error looks in the history. */
function whyOf(error: unknown): { phase: 'fail' | 'info'; code: string; reason?: string } {
  if (!(error instanceof LeaseholdError)) return { phase: 'info', code: 'aborted' };
  const { conclusive, code, reason } = error;
  return { phase: conclusive ? 'fail' : 'info', code, ...(reason === null ? {} : { reason }) };
}

async function take(instance: string): Promise<Seat | null> {
  const op = (ops += 1);
  const asking = { deed: 'acquire', instance, wait: wait === 'wait', ...user } as const;
  write(op, 'invoke', asking);
  let place = '';
  try {
    const seat = await acquire({
      // Whatever this machine is.
      usageType: 'builder',
      ...{ instanceKey: instance, wait: asking.wait, keepAlive: true, patienceMs: 2_000 },
      signal: stopping.signal,
      onQueued: ({ sessionId }) => {
        // Later news come up to a second after the answer that brought them, which nobody sees here.
        if (place !== sessionId) {
          note('ok', { deed: 'look', instance, session: sessionId, status: 'queued' });
        }
        place = sessionId;
      },
    });
    write(op, 'ok', { ...asking, ...factsOf(seat), isGrant: true });
    return seat;
  } catch (error) {
    const { phase, ...why } = whyOf(error);
    const ended = why.code === 'session_ended' && place !== '' ? { session: place } : {};
    write(op, phase, { ...asking, ...ended, ...why });
    return null;
  }
}

async function work(seat: Seat): Promise<void> {
  const { instanceKey: instance, sessionId: session } = seat;
  seat.on('renewed', () => note('ok', { deed: 'renew', ...factsOf(seat) }));
  seat.on('tampered', () => note('info', { deed: 'renew', instance, session, code: 'tampered' }));
  seat.on('lost', ({ error }) => {
    const { phase, ...why } = whyOf(error);
    note(phase, { deed: 'renew', instance, session, ...why });
  });
  const until = performance.now() + random.between(500, 4_000);
  while (performance.now() < until && !stopping.signal.aborted && seat.state !== 'lost') {
    const isSure = await seat.confirm().then(
      () => true,
      () => false,
    );
    if (isSure) note('ok', { deed: 'work', instance, session });
    await delay(60);
  }
}

async function giveBack(seat: Seat): Promise<void> {
  if (seat.state === 'lost') return;
  const op = (ops += 1);
  const { instanceKey: instance, sessionId: session } = seat;
  write(op, 'invoke', { deed: 'release', instance, session });
  const isConfirmed = await seat.release();
  write(op, isConfirmed ? 'ok' : 'info', { deed: 'release', instance, session });
}

for (let life = 0; !stopping.signal.aborted; life += 1) {
  // Each life is an instance of its own, so that every seat it gets is a new grant.
  const seat = await take(`${name}-${String(process.pid)}-${String(life)}`);
  if (seat !== null) {
    await work(seat);
    await giveBack(seat);
  }
  await delay(random.between(50, 300));
}
process.exit(0);
