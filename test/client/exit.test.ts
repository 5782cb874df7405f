import { expect, test } from 'vitest';
import { acquire } from '../../client/index.ts';
import { startLicenceServer, type GivenLicense } from './support/licence-server.ts';
import { startProgram, type Program } from './support/program.ts';

const server = await startLicenceServer();
const quick = { leaseSeconds: 5, heartbeatSeconds: 1 };

function start(license: GivenLicense, doing: string): Program {
  const { url, licenseKey, product, version } = license.options;
  return startProgram(['test/client/fixtures/program.ts', doing, 'program'], {
    environment: {
      LEASEHOLD_URL: url,
      LEASEHOLD_LICENSE_KEY: licenseKey,
      LEASEHOLD_PRODUCT: product,
      LEASEHOLD_VERSION: version,
    },
  });
}

test('a program with nothing left to do ends, and its seat is free', async () => {
  const license = await server.givenLicense({ count: 1 });
  const program = start(license, 'finish');
  expect(await program.ended).toBe(0);
  expect(program.stdout).toEqual([expect.stringMatching(/^held ses_/)]);
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'a program that is stopped by %s frees its seat within a second and still dies by the signal',
  async (signal) => {
    const license = await server.givenLicense({ count: 1 });
    const program = start(license, 'stay');
    await program.line(/^held/);
    const stoppedAt = performance.now();
    program.kill(signal);
    expect(await program.ended).toBe(signal);
    expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
    expect(performance.now() - stoppedAt).toBeLessThan(1_000);
  },
);

test('a program with an end of its own keeps its seat until then', async () => {
  const license = await server.givenLicense({ count: 1 });
  const program = start(license, 'end-by-itself');
  await program.line(/^held/);
  program.kill('SIGTERM');
  await program.line(/^saving while online$/);
  expect(await program.ended).toBe(0);
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});

test('a program that is stopped while it waits leaves the queue', async () => {
  const license = await server.givenLicense({ count: 1 });
  await using _seat = await acquire({ ...license.options, instanceKey: 'holder' });
  const program = start(license, 'wait');
  await program.line(/^place 1$/);
  program.kill('SIGTERM');
  expect(await program.ended).toBe('SIGTERM');
  expect(await server.seatsOf(license)).toMatchObject({ used: 1, queued: 0 });
});

test('the seat of a program that was killed goes to a waiter when its lease is over', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const program = start(license, 'stay');
  await program.line(/^held/);
  program.kill('SIGKILL');
  await program.ended;
  const killedAt = performance.now();
  await using _seat = await acquire({ ...license.options, instanceKey: 'waiter', wait: true });
  expect(performance.now() - killedAt).toBeLessThan((quick.leaseSeconds + 5) * 1_000);
});

test('a program that was paused past its lease hears of the loss before it works on', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const program = start(license, 'work');
  await program.line(/^worked$/);
  program.kill('SIGSTOP');
  await using _seat = await acquire({ ...license.options, instanceKey: 'waiter', wait: true });
  const workedBefore = program.stdout.length;
  program.kill('SIGCONT');
  expect(await program.ended).toBe(0);
  // A piece of work that was under way when the program was paused may still be told of.
  expect(program.stdout.slice(workedBefore)).toEqual(['lost: lapsed', 'stopped']);
});
