import { expect, test } from 'vitest';
import { acquire } from '../../client/index.ts';
import { describeDevice } from '../../client/machine.ts';
import { startFaultyNetwork } from './support/faulty-network.ts';
import { happens } from './support/happens.ts';
import { environmentOf, startLicenceServer, type GivenLicense } from './support/licence-server.ts';
import { startCli, type Program } from './support/program.ts';

const server = await startLicenceServer();
const quick = { leaseSeconds: 5, heartbeatSeconds: 1 };

/** Runs JavaScript as the command, with a seat held for it. */
function runScript(license: GivenLicense, script: string, options: string[] = []): Program {
  const command = [process.execPath, '--input-type=module', '--eval', script];
  return startCli(['run', ...options, '--', ...command], { environment: environmentOf(license) });
}

function eventsOf({ stderr }: Program): Record<string, unknown>[] {
  return stderr.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('the command has the seat while it runs, and decides the exit code', async () => {
  const license = await server.givenLicense({ count: 1 });
  const program = runScript(
    license,
    'console.log(process.env.LEASEHOLD_SESSION_ID); process.exitCode = 3',
  );
  expect(await program.ended).toBe(3);
  expect(program.stdout).toEqual([expect.stringMatching(/^ses_/)]);
  expect(program.stderr).toEqual([]);
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});

test('a signal is the command’s, and how the command ended is what a shell would see', async () => {
  const license = await server.givenLicense({ count: 1 });
  const obedient = runScript(
    license,
    `process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1e3); console.log('up')`,
  );
  await obedient.line(/^up$/);
  expect(await server.seatsOf(license)).toMatchObject({ used: 1 });
  obedient.kill('SIGTERM');
  expect(await obedient.ended).toBe(7);

  const plain = runScript(license, `setInterval(() => {}, 1e3); console.log('up')`);
  await plain.line(/^up$/);
  plain.kill('SIGINT');
  expect(await plain.ended).toBe(130);
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});

test('a command that cannot be run costs no seat', async () => {
  const license = await server.givenLicense({ count: 1 });
  const environment = environmentOf(license);
  const program = startCli(['run', '--', 'no-such-command-here'], { environment });
  expect(await program.ended).toBe(127);
  expect(program.stderr.join('\n')).toContain('There is no command "no-such-command-here".');
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});

test('who waits sees its place, and the command starts once a seat is free', async () => {
  const license = await server.givenLicense({ count: 1 });
  const holder = await acquire({ ...license.options, instanceKey: 'holder' });
  const program = runScript(license, `console.log('ran')`, ['--wait']);
  await program.line(/1 of 1 seats are in use: place 1 of 1 in the queue/);
  expect(program.stdout).toEqual([]);
  await holder.release();
  expect(await program.ended).toBe(0);
  expect(program.stdout).toEqual(['ran']);
  expect(program.stderr.at(-1)).toBe('leasehold: A seat is free: it is yours.');
});

test('with --json every event is one line of JSON', async () => {
  const license = await server.givenLicense({ count: 1 });
  const holder = await acquire({ ...license.options, instanceKey: 'holder' });
  const program = runScript(license, `process.exitCode = 2`, ['--wait', '--json']);
  await program.line(/"event":"queued"/);
  await holder.release();
  expect(await program.ended).toBe(2);
  const events = eventsOf(program);
  expect(events.map(({ event }) => event)).toEqual([
    ...['queued', 'acquired', 'started', 'exited', 'released'],
  ]);
  expect(events[0]).toMatchObject({ position: 1, length: 1, seats: { used: 1, limit: 1 } });
  expect(events[1]).toMatchObject({ licenseId: license.licenseId, instanceKey: 'command-line' });
  expect(events[3]).toMatchObject({ exitCode: 2, signal: null });
  expect(events[4]).toMatchObject({ confirmed: true, at: expect.any(String) as string });
});

test('a denial says who holds the seats and what to do, and ends with 75', async () => {
  const license = await server.givenLicense({ count: 1 });
  const device = { fingerprint: 'another machine', name: 'render-node' };
  await using holder = await acquire({ ...license.options, instanceKey: 'holder', device });
  const program = runScript(license, `console.log('ran')`);
  expect(await program.ended).toBe(75);
  expect(program.stdout).toEqual([]);
  const said = program.stderr.join('\n');
  expect(said).toContain('No seat is free: 1 of 1 in use.');
  expect(said).toMatch(new RegExp(`render-node, for .* \\(${holder.sessionId}\\)`));
  expect(said).toContain('--wait');

  const json = runScript(license, '', ['--json']);
  expect(await json.ended).toBe(75);
  expect(eventsOf(json)).toMatchObject([
    {
      ...{ event: 'failed', code: 'no_seats_available', exitCode: 75, conclusive: true },
      holders: [{ sessionId: holder.sessionId, deviceName: 'render-node', own: false }],
    },
  ]);
});

test('the seat of another project on this device is taken over as the denial offers it', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const device = describeDevice('this-machine');
  const old = await acquire({ ...license.options, instanceKey: 'forgotten', device });
  const denied = runScript(license, `console.log('ran')`);
  expect(await denied.ended).toBe(75);
  const [, sessionId = ''] = /--takeover (ses_\w+) /.exec(denied.stderr.join('\n')) ?? [];
  expect(sessionId).toBe(old.sessionId);

  const lost = happens(old, 'lost');
  const taker = runScript(license, `console.log('ran')`, ['--takeover', sessionId]);
  expect(await taker.ended).toBe(0);
  expect(taker.stdout).toEqual(['ran']);
  expect(await lost).toMatchObject({ reason: 'superseded' });
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });

  await using _other = await acquire({ ...license.options, instanceKey: 'another' });
  const refused = runScript(license, '', ['--takeover', sessionId, '--json']);
  expect(await refused.ended).toBe(75);
  expect(eventsOf(refused)).toMatchObject([{ event: 'failed', code: 'takeover_refused' }]);
});

test('a signal during the wait gives up the place', async () => {
  const license = await server.givenLicense({ count: 1 });
  await using _holder = await acquire({ ...license.options, instanceKey: 'holder' });
  const program = runScript(license, `console.log('ran')`, ['--wait']);
  await program.line(/place 1/);
  program.kill('SIGINT');
  expect(await program.ended).toBe(130);
  expect(program.stdout).toEqual([]);
  expect(await server.seatsOf(license)).toMatchObject({ used: 1, queued: 0 });
});

test('a wait may have a limit of its own', async () => {
  const license = await server.givenLicense({ count: 1 });
  await using _holder = await acquire({ ...license.options, instanceKey: 'holder' });
  const program = runScript(license, `console.log('ran')`, ['--max-wait', '1']);
  expect(await program.ended).toBe(75);
  expect(program.stderr.at(-2)).toContain('No seat became free within 1 s.');
  expect(await server.seatsOf(license)).toMatchObject({ queued: 0 });
});

test('a command whose seat is taken away is let finish, and told of', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const program = runScript(
    license,
    `process.stdin.destroy(); process.on('SIGUSR2', () => process.exit(4));
     setInterval(() => {}, 1e3); console.log(process.env.LEASEHOLD_SESSION_ID)`,
    ['--json'],
  );
  await server.forceRelease(license, await program.line(/^ses_/));
  const lost = JSON.parse(await program.line(/"event":"lost"/)) as object;
  expect(lost).toMatchObject({ reason: 'forced', code: 'session_ended', isStopping: false });
  program.kill('SIGUSR2');
  expect(await program.ended).toBe(4);
});

test('with --stop-on-loss the command ends with its seat', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const program = runScript(
    license,
    `process.on('SIGTERM', () => { console.log('saving'); process.exit(0) });
     setInterval(() => {}, 1e3); console.log(process.env.LEASEHOLD_SESSION_ID)`,
    ['--stop-on-loss'],
  );
  await server.forceRelease(license, await program.line(/^ses_/));
  expect(await program.ended).toBe(75);
  expect(program.stdout.at(-1)).toBe('saving');
  expect(program.stderr.join('\n')).toContain(
    'The seat is lost: An administrator took the seat back.',
  );
});

test('a command whose seat went to another while nobody answered has the next one', async () => {
  await using network = await startFaultyNetwork(server);
  const license = await server.givenLicense({ count: 1, ...quick });
  const behind = { ...license, options: { ...license.options, url: network.url } };
  const script = `setInterval(() => {}, 1e3); console.log('up')`;
  const program = runScript(behind, script, ['--stop-on-loss']);
  await program.line(/^up$/);
  network.cut();
  const next = await acquire({ ...license.options, instanceKey: 'next', wait: true });
  await next.release();
  network.heal();
  await program.line(/The server answers again, the seat is kept/);
  expect(await server.seatsOf(license)).toMatchObject({ used: 1 });
  program.kill('SIGTERM');
  expect(await program.ended).toBe(143);
});

test('a command that uses the library shares the seat', async () => {
  const license = await server.givenLicense({ count: 1 });
  const environment = environmentOf(license);
  const command = [process.execPath, 'test/client/fixtures/program.ts', 'finish'];
  const program = startCli(['run', '--json', '--', ...command], { environment });
  expect(await program.ended).toBe(0);
  const acquired = eventsOf(program).find(({ event }) => event === 'acquired');
  expect(program.stdout).toEqual([`held ${String(acquired?.['sessionId'])}`]);
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});

test('what refuses, what cannot be asked and what is wrongly asked have exit codes of their own', async () => {
  const license = await server.givenLicense({ count: 1 });
  const environment = environmentOf(license);
  const ended = async (args: string[], changed: Record<string, string> = {}) => {
    const program = startCli(args, { environment: { ...environment, ...changed } });
    return [await program.ended, program.stderr[0]];
  };
  const run = ['run', '--', 'true'];
  await server.suspend(license);
  expect(await ended(run)).toEqual([77, expect.stringContaining('suspended')]);
  expect(await ended(['run', '--usage-type', 'fun', '--', 'true'])).toEqual([
    64,
    expect.stringContaining('builder'),
  ]);
  expect(await ended(['run'])).toEqual([64, expect.stringContaining('command')]);
  expect(await ended(run, { LEASEHOLD_LICENSE_KEY: '' })).toEqual([
    64,
    expect.stringContaining('LEASEHOLD_LICENSE_KEY'),
  ]);
  expect(await ended(['--help'])).toEqual([0, undefined]);
});

test('the license is validated without taking a seat', async () => {
  const license = await server.givenLicense({ count: 3 });
  const environment = environmentOf(license);
  const valid = startCli(['validate'], { environment });
  expect(await valid.ended).toBe(0);
  expect(valid.stdout[0]).toContain('0 of 3 seats are in use');

  const invalid = startCli(['validate', '--product', 'other', '--json'], { environment });
  expect(await invalid.ended).toBe(77);
  expect(JSON.parse(invalid.stdout.join(''))).toMatchObject({ code: 'product_mismatch' });
});

test('a decision is explained check by check, in words and in JSON', async () => {
  const features = { agents: 5, projects: { value: 1, gate: 'soft' as const } };
  const license = await server.givenLicense({ count: 1, features });
  const environment = environmentOf(license);
  const args = ['validate', '--explain', '--feature', 'agents', '--feature', 'sso'];
  const program = startCli(args, { environment });
  expect(await program.ended).toBe(77);
  const said = program.stdout.join('\n');
  expect(program.stdout[0]).toBe(
    'The license does not allow this (feature_not_granted): This license does not grant the feature sso. No plan on offer would: ask the vendor.',
  );
  expect(program.stdout.filter((line) => /^ {2}\S.* (passed|FAILED) /.test(line))).toHaveLength(6);
  expect(said).toMatch(/\n {2}usage type {2}passed {2}The license allows this type of use\.\n/);
  expect(said).toMatch(/\n {2}feature +FAILED {2}This license does not grant the feature sso\./);
  expect(said).toMatch(/\n +entitlements: agents 5 \(hard, of the plan\), sso none\n/);
  expect(said).toMatch(/It grants:\n {2}agents: 5 .*\n {2}projects: 1 \(soft, of the plan\)$/);

  const json = startCli([...args, '--json'], { environment });
  expect(await json.ended).toBe(77);
  const decision = JSON.parse(json.stdout.join('')) as { trace: { check: string }[] };
  expect(decision).toMatchObject({ code: 'feature_not_granted', upgrade: { plans: [] } });
  expect(decision.trace.map(({ check }) => check)).toEqual([
    ...['revoked', 'suspended', 'expired', 'product', 'usage_type', 'feature'],
  ]);
  const plain = startCli(['validate', '--json'], { environment });
  await plain.ended;
  expect(JSON.parse(plain.stdout.join(''))).not.toHaveProperty('trace');
});

test('what the plan does not allow is told with the way out, and costs no seat', async () => {
  const upgradeUrl = 'https://acme.example/plans';
  const license = await server.givenLicense({ count: 1, usageTypes: ['builder'], upgradeUrl });
  const asked = ['--usage-type', 'builder', '--feature', 'sso', '--json'];
  const lacking = runScript(license, `console.log('ran')`, asked);
  expect(await lacking.ended).toBe(77);
  expect(lacking.stdout).toEqual([]);
  expect(eventsOf(lacking)).toMatchObject([
    {
      ...{ event: 'failed', code: 'feature_not_granted' },
      missingFeatures: [{ name: 'sso', value: null, gate: null }],
      upgrade: { plans: [], url: upgradeUrl },
    },
  ]);
  const shipped = { ...environmentOf(license), LEASEHOLD_USAGE_TYPE: 'runtime' };
  const refused = startCli(['run', '--', 'true'], { environment: shipped });
  expect(await refused.ended).toBe(77);
  const said = refused.stderr.join('\n');
  expect(said).toContain('This license allows builder use, not runtime use.');
  expect(said).toContain('LEASEHOLD_USAGE_TYPE or --usage-type decides');
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});
