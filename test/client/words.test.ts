import { expect, test } from 'vitest';
import { exitCodeOfError } from '../../client/cli/exit-codes.ts';
import { LiveLine } from '../../client/cli/live-line.ts';
import { duration, explainError, queueLine } from '../../client/cli/words.ts';
import { type LeaseholdError, tableError, unreachable } from '../../client/errors.ts';
import { errorFromAnswer } from '../../client/problem.ts';

const now = Date.parse('2026-03-01T12:00:00Z');

test('times are told by their two largest units', () => {
  expect([0, 42, 60, 3_725, 90_000, 700_000].map(duration)).toEqual([
    ...['0 s', '42 s', '1 min', '1 h 2 min', '1 d 1 h', '8 d 2 h'],
  ]);
});

test('a waiter reads place, length, estimate and how long it waited', () => {
  const progress = {
    ...{ sessionId: 'ses_1', position: 2, length: 5, waitUntil: null },
    ...{ estimatedWaitSeconds: 180, seats: { used: 5, limit: 5 } },
  };
  expect(queueLine(progress, 12)).toBe(
    '5 of 5 seats are in use: place 2 of 5 in the queue, about 3 min to go (waited 12 s)',
  );
  const unknown = { ...progress, position: null, estimatedWaitSeconds: null, seats: null };
  expect(queueLine(unknown, 0)).toBe('All seats are in use: waiting for one');
});

test('a denial says who holds the seats, since when, and what to do', () => {
  const error = tableError('no_seats_available', 'Ask again with "wait": true.', {
    seats: { used: 5, limit: 5 },
    queueLength: 2,
    otherHolders: 3,
    holders: [
      { sessionId: 'ses_1', since: '2026-03-01T08:55:00Z', own: false, deviceName: 'render-1' },
      { sessionId: 'ses_2', since: '2026-03-01T11:59:30Z', own: true, deviceName: 'laptop' },
    ],
  });
  expect(explainError(error, now)).toEqual([
    'No seat is free: 5 of 5 in use, and 2 waiting.',
    'Held by:',
    '  - render-1, for 3 h 5 min (ses_1)',
    '  - this device (laptop), for 30 s (ses_2)',
    '  - 3 more, not named',
    'Close the copy on this device, or run again with --wait to queue for a seat.',
  ]);
});

test('a seat of one’s own is offered for takeover when the server offers it', () => {
  const own = { sessionId: 'ses_2', since: '2026-03-01T11:59:30Z', own: true };
  const error = tableError('no_seats_available', '', {
    ...{ seats: { used: 1, limit: 1 }, queueLength: 0, holders: [own] },
    takeoverOffered: true,
  });
  expect(explainError(error, now).at(-1)).toBe(
    'Close the copy on this device, run again with --takeover ses_2 to have its seat, or with --wait to queue for a seat.',
  );
});

test('a fault of the network is not told as a denial', () => {
  expect(explainError(unreachable('The licence server cannot be reached.'), now)).toEqual([
    'The licence server cannot be reached.',
    'This says nothing about the license. Try again in a moment.',
  ]);
});

test('each kind of failure has an exit code', () => {
  const codeOf = (error: LeaseholdError) => exitCodeOfError(error);
  expect(codeOf(tableError('queue_full', ''))).toBe(75);
  expect(codeOf(tableError('takeover_refused', ''))).toBe(75);
  expect(codeOf(tableError('session_ended', '', { reason: 'queue_timeout' }))).toBe(75);
  expect(codeOf(tableError('session_ended', '', { reason: 'license_revoked' }))).toBe(77);
  expect(codeOf(tableError('license_expired', ''))).toBe(77);
  expect(codeOf(tableError('restoring', ''))).toBe(69);
  expect(codeOf(tableError('internal', ''))).toBe(69);
  expect(codeOf(tableError('invalid_request', ''))).toBe(64);
});

test('a code that this version does not know keeps the meaning that the server gave it', () => {
  const answer = (body: object) =>
    errorFromAnswer(
      new Response(null, {
        status: 403,
        headers: { 'Content-Type': 'application/problem+json; charset=utf-8' },
      }),
      body,
    );
  const problem = { code: 'device_limit', detail: 'Three devices are in use.', requestId: 'req_1' };
  expect(answer({ ...problem, conclusive: true, retryable: false })).toMatchObject({
    ...problem,
    ...{ conclusive: true, retryable: false, status: 403 },
  });
  expect(answer({ ...problem })).toMatchObject({ conclusive: false });
  expect(answer({ error: 'Forbidden by the proxy' })).toMatchObject({ code: 'unreachable' });
});

test('a terminal shows one line that is written over, a file one line for each change', () => {
  const written: string[] = [];
  const output = (isTTY: boolean) =>
    ({ isTTY, write: (text: string) => written.push(text) }) as unknown as NodeJS.WriteStream;
  const terminal = new LiveLine(output(true));
  terminal.show(() => 'place 2');
  terminal.show(() => 'place 1');
  terminal.end();
  const overwriting = (text: string) => `\r\u001b[2K\u001b[?7l${text}\u001b[?7h`;
  expect(written.splice(0)).toEqual(['place 2', 'place 1', ''].map(overwriting));

  const file = new LiveLine(output(false));
  file.show(() => 'place 2');
  file.show(() => 'place 1');
  file.end();
  expect(written).toEqual(['place 2\n', 'place 1\n']);
});
