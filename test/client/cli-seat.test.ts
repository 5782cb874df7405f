/** `leasehold status` and `leasehold release`: what another process can learn, and do, about a seat. */
import { mkdtempSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { acquire } from '../../client/index.ts';
import { startFaultyNetwork } from './support/faulty-network.ts';
import { environmentOf, startLicenceServer, type GivenLicense } from './support/licence-server.ts';
import { startCli, type Program } from './support/program.ts';

const server = await startLicenceServer();
/** Nothing lapses, and no program hears of its loss, while a test looks. */
const slow = { leaseSeconds: 360, heartbeatSeconds: 120 };
const quick = { leaseSeconds: 5, heartbeatSeconds: 1 };

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A user's machine: what its programs remember, they remember together. */
function givenMachine(license: GivenLicense, changes: Record<string, string> = {}) {
  const folder = mkdtempSync(join(inject('scratchFolder'), 'machine-'));
  const environment = { ...environmentOf(license), LEASEHOLD_STATE_DIR: folder, ...changes };
  const leasehold = (...args: string[]) => startCli(args, { environment });
  const tell = async (...args: string[]) => {
    const program = leasehold(...args);
    const exitCode = await program.ended;
    return { exitCode, said: program.stdout.join('\n'), complaint: program.stderr.join('\n') };
  };
  return {
    folder,
    remembered: () => readdir(folder),
    tell,
    tellJson: async (...args: string[]) => {
      const { exitCode, said } = await tell(...args, '--json');
      return { exitCode, document: JSON.parse(said) as unknown };
    },
    /** A command that holds a seat until it is ended; resolves once it runs. */
    async hold(): Promise<{ program: Program; sessionId: string; pid: number }> {
      const script = `
        // Before a word is said: whoever reads it may kill the parent at once.
        const parent = process.ppid;
        console.log(process.env.LEASEHOLD_SESSION_ID);
        setInterval(() => process.ppid === parent || process.exit(), 50);`;
      const command = [process.execPath, '--input-type=module', '--eval', script];
      const program = leasehold('run', '--json', '--', ...command);
      const sessionId = await program.line(/^ses_/);
      return { program, sessionId, pid: program.pid };
    },
  };
}

test('status names the seat of this project while a command runs, and says so when there is none', async () => {
  const license = await server.givenLicense({ count: 3, ...slow });
  const machine = givenMachine(license);
  const none = await machine.tell('status');
  expect(none.exitCode).toBe(75);
  expect(none.said).toBe(
    'This project holds no seat on this machine.\nThe license has 0 of 3 seats in use.',
  );

  const holder = await machine.hold();
  const held = await machine.tell('status');
  expect(held.exitCode).toBe(0);
  expect(held.said).toContain('This project holds a seat on this machine:');
  expect(held.said).toMatch(
    new RegExp(
      `${holder.sessionId} for .*, its lease runs for .*; held by process ${holder.pid}$`,
      'm',
    ),
  );
  expect(held.said).toContain('The license has 1 of 3 seats in use.');

  const { exitCode, document } = await machine.tellJson('status');
  expect(exitCode).toBe(0);
  expect(document).toMatchObject({
    ...{ standing: 'held', instanceKey: 'command-line', fault: null },
    seats: [{ sessionId: holder.sessionId, isRunning: true, state: 'online', status: 'active' }],
    license: { valid: true, license: { seats: { used: 1, limit: 3 } } },
  });
  expect(JSON.stringify(document)).not.toContain('lhs_');
});

test('a command that ends leaves nothing behind', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const machine = givenMachine(license);
  const holder = await machine.hold();
  expect(await machine.remembered()).toHaveLength(1);
  holder.program.kill('SIGTERM');
  await holder.program.ended;
  expect(await machine.remembered()).toEqual([]);
  expect(await machine.tell('release')).toMatchObject({
    exitCode: 0,
    said: 'No program of this project has left a seat behind here.',
  });
});

test('what a crash left behind is shown, and given back at once', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const machine = givenMachine(license);
  const holder = await machine.hold();
  holder.program.kill('SIGKILL');
  await holder.program.ended;
  expect((await machine.tell('status')).said).toContain(
    `process ${holder.pid}, which is gone: leasehold release gives it back`,
  );

  const released = await machine.tell('release');
  expect(released).toMatchObject({ exitCode: 0 });
  expect(released.said).toBe(
    `${holder.sessionId} of process ${holder.pid} is given back: the seat is free.`,
  );
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
  expect(await machine.remembered()).toEqual([]);
});

test('a seat is taken from a running program only with --force, and the program hears of it', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const machine = givenMachine(license);
  const holder = await machine.hold();
  const spared = await machine.tellJson('release');
  expect(spared.exitCode).toBe(64);
  expect(spared.document).toMatchObject({ items: [{ outcome: 'running', pid: holder.pid }] });
  expect(await server.seatsOf(license)).toMatchObject({ used: 1 });

  const taken = await machine.tellJson('release', '--force');
  expect(taken.exitCode).toBe(0);
  expect(taken.document).toMatchObject({
    items: [{ outcome: 'released', sessionId: holder.sessionId }],
  });
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
  expect(await holder.program.line(/"event":"lost"/)).toContain('"reason":"released"');
});

test('what one of two programs gives back is not free while the other holds it', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const machine = givenMachine(license);
  const holder = await machine.hold();
  await using _other = await acquire({ ...license.options, instanceKey: 'command-line' });
  const { document } = await machine.tellJson('release', '--force');
  expect(document).toMatchObject({ items: [{ outcome: 'left', sessionId: holder.sessionId }] });
  expect(await server.seatsOf(license)).toMatchObject({ used: 1 });
});

test('while the server is away nobody claims to know, and nothing is forgotten', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  await using network = await startFaultyNetwork(server);
  const machine = givenMachine(license, { LEASEHOLD_URL: network.url });
  network.cut();
  const unknown = await machine.tellJson('status');
  expect(unknown.exitCode).toBe(69);
  expect(unknown.document).toMatchObject({
    ...{ standing: 'unknown', seats: [], license: null, fault: { code: 'unreachable' } },
  });

  network.heal();
  const holder = await machine.hold();
  network.cut();
  const degraded = await machine.tellJson('status');
  expect(degraded.exitCode).toBe(69);
  expect(degraded.document).toMatchObject({
    standing: 'degraded',
    seats: [{ sessionId: holder.sessionId, isRunning: true, status: null }],
  });
  const failed = await machine.tell('release', '--force');
  expect(failed.exitCode).toBe(69);
  expect(failed.said).toContain('is not given back: The licence server cannot be reached.');
  expect(await machine.remembered()).toHaveLength(1);
});

test('a session that was ended elsewhere is told once and then forgotten', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const machine = givenMachine(license);
  const holder = await machine.hold();
  await server.forceRelease(license, holder.sessionId);
  const ended = await machine.tell('status');
  expect(ended.exitCode).toBe(75);
  expect(ended.said).toContain(`${holder.sessionId} of process ${holder.pid} has ended (forced)`);
  expect(await machine.remembered()).toEqual([]);
});

test('without a seat, a license that refuses and a key that is wrong have exit codes of their own', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  await server.suspend(license);
  const refused = await givenMachine(license).tell('status');
  expect(refused.exitCode).toBe(77);
  expect(refused.said).toContain('license_suspended');

  const wrong = givenMachine(license, { LEASEHOLD_LICENSE_KEY: 'LH-WRONG' });
  expect(await wrong.tell('status')).toMatchObject({ exitCode: 77 });
  const none = givenMachine(license, { LEASEHOLD_LICENSE_KEY: '' });
  const missing = await none.tell('status');
  expect(missing).toMatchObject({ exitCode: 64 });
  expect(missing.complaint).toContain('LEASEHOLD_LICENSE_KEY');
});

test('a program that uses the library remembers its seat only when it is told to', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const machine = givenMachine(license);
  vi.stubEnv('LEASEHOLD_STATE_DIR', machine.folder);
  const options = { ...license.options, instanceKey: 'command-line' };
  const silent = await acquire(options);
  expect(await machine.remembered()).toEqual([]);
  await silent.release();
  const remembered = await acquire({ ...options, remember: true });
  expect((await machine.tell('status')).said).toContain(remembered.sessionId);
  await remembered.release();
  expect(await machine.remembered()).toEqual([]);
});
