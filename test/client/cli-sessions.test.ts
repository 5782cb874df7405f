/** `leasehold sessions`: an administrator of the customer sees who holds the seats, and frees one. */
import { expect, test } from 'vitest';
import { acquire } from '../../client/index.ts';
import { happens } from './support/happens.ts';
import { startLicenceServer, type GivenLicense } from './support/licence-server.ts';
import { startCli } from './support/program.ts';

const server = await startLicenceServer();
const quick = { leaseSeconds: 5, heartbeatSeconds: 1 };

/** Runs `leasehold sessions …` as an administrator. */
async function sessions(apiKey: string, args: string[], changes: Record<string, string> = {}) {
  const environment = { LEASEHOLD_URL: server.url, LEASEHOLD_API_KEY: apiKey, ...changes };
  const program = startCli(['sessions', ...args], { environment });
  const exitCode = await program.ended;
  return { exitCode, lines: program.stdout, complaint: program.stderr.join('\n') };
}

function holdSeat({ options }: GivenLicense, name: string) {
  const device = { fingerprint: name, name };
  return acquire({ ...options, instanceKey: `instance-of-${name}`, device });
}

test('the list shows who holds the seats, newest first, and says so when nobody does', async () => {
  const license = await server.givenLicense({ count: 2 });
  const apiKey = await server.givenApiKey(license);
  const list = ['list', '--license', license.licenseId];
  expect(await sessions(apiKey, list)).toEqual({
    ...{ exitCode: 0, lines: ['No sessions are open.'], complaint: '' },
  });
  expect((await sessions(apiKey, [...list, '--all'])).lines).toEqual([
    'This license has had no sessions.',
  ]);

  await using first = await holdSeat(license, 'render-1');
  const second = await holdSeat(license, 'laptop');
  const { exitCode, lines } = await sessions(apiKey, list);
  expect(exitCode).toBe(0);
  expect(lines[0]).toMatch(/^SESSION +STATUS +FOR +DEVICE +PRODUCT +INSTANCE$/);
  const row = (id: string, device: string) =>
    new RegExp(
      `^${id}  active  \\d+ s  ${device} +${license.options.product} 1.0.0  instance-of-$`,
    );
  expect(lines[1]).toMatch(row(second.sessionId, 'laptop'));
  expect(lines[2]).toMatch(row(first.sessionId, 'render-1'));
  expect(lines).toHaveLength(3);

  await second.release();
  const all = await sessions(apiKey, [...list, '--all']);
  expect(all.lines[1]).toContain('ended: released');
});

test('a long list comes in pages of the server, and goes on where the last one ended', async () => {
  const license = await server.givenLicense({ count: 3 });
  const apiKey = await server.givenApiKey(license);
  const seats = await Promise.all(['a', 'b', 'c'].map((name) => holdSeat(license, name)));
  const list = ['list', '--license', license.licenseId];
  const first = await sessions(apiKey, [...list, '--limit', '2']);
  expect(first.lines).toHaveLength(4);
  const [, cursor = ''] = /--cursor (ses_\w+)$/.exec(first.lines.at(-1) ?? '') ?? [];
  const rest = await sessions(apiKey, [...list, '--cursor', cursor, '--json']);
  const page = JSON.parse(rest.lines.join('')) as { items: { id: string }[]; nextCursor: null };
  expect(page.nextCursor).toBeNull();
  const shown = [...first.lines.slice(1, 3), ...page.items.map(({ id }) => id)].map((line) =>
    line.slice(0, 30),
  );
  expect(shown.sort()).toEqual(seats.map(({ sessionId }) => sessionId).sort());
  for (const seat of seats) await seat.release();
});

test('a stuck seat is taken back with a reason, once, and its program hears of it', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const apiKey = await server.givenApiKey(license);
  const seat = await holdSeat(license, 'render-1');
  const lost = happens(seat, 'lost');
  const release = ['release', seat.sessionId, '--reason', 'The machine is gone'];
  expect(await sessions(apiKey, release)).toMatchObject({
    exitCode: 0,
    lines: [`${seat.sessionId} is released: the seat of render-1 is free.`],
  });
  expect(await lost).toMatchObject({ reason: 'forced' });
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });

  const again = await sessions(apiKey, [...release, '--json']);
  expect(JSON.parse(again.lines.join(''))).toMatchObject({ status: 'ended', endReason: 'forced' });
  const other = await holdSeat(license, 'laptop');
  await other.release();
  const late = await sessions(apiKey, ['release', other.sessionId, '--reason', 'Too late']);
  expect(late.lines).toEqual([`${other.sessionId} of laptop had ended already (released).`]);
});

test('an operator names the tenant; another tenant’s license is one that does not exist', async () => {
  const license = await server.givenLicense({ count: 1 });
  const stranger = await server.givenApiKey(await server.givenLicense({ count: 1 }));
  const list = ['list', '--license', license.licenseId];
  const refused = await sessions(stranger, list);
  expect(refused.exitCode).toBe(77);
  expect(refused.complaint).toContain('There is no such license.');
  const allowed = await sessions(server.operatorKey, [...list, '--tenant', license.tenantId]);
  expect(allowed).toMatchObject({ exitCode: 0, lines: ['No sessions are open.'] });
});

test('what is missing or refused is named, in words or in JSON', async () => {
  const license = await server.givenLicense({ count: 1 });
  const reader = await server.givenApiKey(license, ['sessions:read']);
  const list = ['list', '--license', license.licenseId];
  const missing = await sessions('', list);
  expect(missing).toMatchObject({ exitCode: 64 });
  expect(missing.complaint).toContain('LEASEHOLD_API_KEY');
  const wrong = await sessions('lht_wrong', list);
  expect(wrong).toMatchObject({ exitCode: 77 });
  expect(wrong.complaint).toContain('Check the API key (LEASEHOLD_API_KEY).');
  expect(await sessions(reader, ['list'])).toMatchObject({ exitCode: 64 });
  expect(await sessions(reader, [...list, '--limit', '0'])).toMatchObject({ exitCode: 64 });
  const release = ['release', `ses_${'0'.repeat(26)}`, '--reason', 'x', '--json'];
  const forbidden = await sessions(reader, release);
  expect(forbidden.exitCode).toBe(77);
  expect(JSON.parse(forbidden.complaint)).toMatchObject({ code: 'forbidden', exitCode: 77 });
  const away = await sessions(reader, list, { LEASEHOLD_URL: 'http://127.0.0.1:1' });
  expect(away.exitCode).toBe(69);
});
