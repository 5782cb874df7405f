/** The programs about root keys as an operator runs them: their words, their exit codes, what they write. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../../data/database.ts';
import type { AuditedSignature } from '../../dev/kms/server.ts';
import { testEnvironment } from '../support/api.ts';
import { kmsSettings } from '../support/kms.ts';
import { givenRoot } from '../support/roots.ts';
import { openTrustWorld, sealKeys } from '../support/trust-world.ts';
import { root } from './compose-file.ts';

const world = await openTrustWorld();
const { kms, deps, database } = world;
// Neither program asks Redis for anything.
const settings = testEnvironment(database, { url: 'redis://127.0.0.1:1' });

async function run(
  program: 'pin-roots' | 'compare-signatures',
  args: string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
) {
  const [seal] = sealKeys.map(({ kid, secret }) => {
    return `${kid}:${secret.export().toString('base64url')}`;
  });
  const child = spawn('node', [`ops/${program}.ts`, ...args], {
    cwd: root,
    env: {
      ...{ PATH: process.env['PATH'], SIGNING_SEAL_KEYS: seal },
      ...settings,
      ...kmsSettings(kms, kms.endpoint),
      ...env,
    },
  });
  // A program that ends before it has read all of it breaks the pipe.
  child.stdin.on('error', () => undefined).end(input);
  const [out, error] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: child.exitCode, out, error };
}

const like = (words: RegExp): unknown => expect.stringMatching(words);
const containing = (words: string): unknown => expect.stringContaining(words);
const without = (words: string): unknown => expect.not.stringContaining(words);
const away = 'postgresql://nobody@127.0.0.1:1/none';

describe('npm run pin-roots', () => {
  test('fails with one sentence and writes nothing while there is no next root', async () => {
    const file = await givenPath();
    expect(await run('pin-roots', [file])).toEqual({
      ...{ code: 69, out: '' },
      error: 'There is not both a root that signs and a next one yet. Try again later.\n',
    });
    await expect(readFile(file)).rejects.toThrow(/ENOENT/);
  });

  test('writes the root that signs and the next one, as clients pin them', async () => {
    await world.settle();
    const file = await givenPath();
    expect(await run('pin-roots', [file])).toEqual({
      ...{ code: 0, error: '' },
      out: `${file}: root-1, root-2\n`,
    });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      keys: [givenRoot(1).jwk, givenRoot(2).jwk],
    });
  });

  test('says how it is used, and ends well only when it was asked', async () => {
    const usage = like(/^Usage: npm run pin-roots -- <file>/);
    expect(await run('pin-roots', ['--help'])).toEqual({ code: 0, out: usage, error: '' });
    for (const args of [[], ['--force'], ['one.json', 'two.json']]) {
      expect(await run('pin-roots', args)).toEqual({ code: 64, out: '', error: usage });
    }
  });

  test('names a file that cannot be written', async () => {
    const { code, error } = await run('pin-roots', ['/none/roots.json']);
    expect({ code, lines: error.split('\n').length }).toEqual({ code: 73, lines: 2 });
    expect(error).toContain('/none/roots.json');
  });

  test('writes nothing while Postgres is away', async () => {
    const file = await givenPath();
    const { code, error } = await run('pin-roots', [file], { env: { DATABASE_URL: away } });
    expect({ code, out: error }).toEqual({
      code: 69,
      out: containing('ECONNREFUSED'),
    });
    await expect(readFile(file)).rejects.toThrow(/ENOENT/);
  });
});

describe('npm run compare-signatures', () => {
  const hourMs = 3_600_000;
  /** A whole hour, long enough ago that nothing else happened in it. */
  const since = new Date(Date.now() - 48 * hourMs);
  const period = (from: Date) => [from.toISOString(), new Date(+from + hourMs).toISOString()];
  const at = (ms: number) => new Date(+since + ms);
  const compare = (entries: unknown, args = period(since)) =>
    run('compare-signatures', args, { input: JSON.stringify(entries) });
  const admin = openDatabase({ url: database.adminUrl, poolSize: 1, onError: () => undefined });
  afterAll(() => admin.destroy());
  let rows = 0;

  /** What our log has of a signature of that time. */
  async function givenRow(when: Date): Promise<void> {
    rows += 1;
    const detail = JSON.stringify({ kmsVersion: kms.versionName() });
    await sql`
      insert into audit_log (id, at, actor_kind, actor_id, action, subject_id, detail)
      values (${`aud_${rows}`}, ${when}, 'system', 'signing', 'kms.signed', 'root-1', ${detail})`.execute(
      admin,
    );
  }

  function entry(when: Date, more: object = {}): AuditedSignature {
    return {
      timestamp: when.toISOString(),
      protoPayload: {
        ...{ methodName: 'AsymmetricSign', resourceName: kms.versionName() },
        authenticationInfo: { principalEmail: 'leasehold@vendor.example' },
        ...more,
      },
    };
  }

  beforeEach(async () => {
    await sql`delete from audit_log where id like 'aud_%' and length(id) < 12`.execute(admin);
  });

  test('notices a root that somebody else signs with, and says when and who', async () => {
    const now = () => [new Date(Date.now() - hourMs), new Date(Date.now() + hourMs)];
    const today = () => now().map((one) => one.toISOString());
    const before = await compare(kms.auditLog(), today());
    expect(before).toMatchObject({ code: 0, error: '' });
    expect(before.out).toMatch(
      /^\S+\/cryptoKeyVersions\/1: (\d+) in Cloud KMS \(unknown\), \1 in our log\n$/,
    );

    await deps.kms.sign(kms.versionName(), new TextEncoder().encode('a certificate of my own'));
    const { code, out } = await compare(kms.auditLog(), today());
    expect(code).toBe(1);
    const foreign = kms.auditLog().at(-1)?.timestamp ?? '';
    expect(out.split('\n').slice(1)).toEqual([`  ${foreign} by unknown: not in our log`, '']);
  });

  test('is quiet about a signature on the edge of the period, whichever clock is ahead', async () => {
    await givenRow(at(-5_000));
    await givenRow(at(hourMs + 5_000));
    await givenRow(at(hourMs - 5_000));
    const entries = [entry(at(1_000)), entry(at(hourMs - 1_000)), entry(at(hourMs + 1_000))];
    const { code, out } = await compare(entries);
    expect({ code, out }).toEqual({ code: 0, out: without('not in') });
  });

  test('takes no row of another hour, and no missing one, for a signature that has none', async () => {
    await givenRow(at(10 * 60_000));
    const { code, out } = await compare([entry(at(30 * 60_000))]);
    expect(code).toBe(1);
    expect(out).toContain(
      `${at(30 * 60_000).toISOString()} by leasehold@vendor.example: not in our log`,
    );
    expect(out).toContain('1 of ours not in these entries');
  });

  test('is quiet when the log of KMS is late, and says that it is not complete', async () => {
    await givenRow(at(10_000));
    const { code, out } = await compare([]);
    expect({ code, out }).toEqual({
      code: 0,
      out: containing('1 of ours not in these entries: ask for them again later'),
    });
  });

  test('is alarmed by a signature whose answer was lost: only its caller tells it from a thief', async () => {
    const { code, out } = await compare([entry(at(10_000))]);
    expect({ code, out }).toEqual({
      code: 1,
      out: containing('by leasehold@vendor.example: not in our log'),
    });
  });

  test('names everybody who may have been it where others signed at about that time', async () => {
    const by = (principalEmail: string) => ({ authenticationInfo: { principalEmail } });
    await givenRow(at(10_000));
    await givenRow(at(900_000));
    const { code, out } = await compare([
      entry(at(9_000), by('thief@elsewhere.example')),
      entry(at(11_000)),
      entry(at(900_000), by('uninvolved@vendor.example')),
    ]);
    expect(code).toBe(1);
    const alarm = out.split('\n').find((line) => line.includes('not in our log'));
    expect(alarm).toContain(' by leasehold@vendor.example or thief@elsewhere.example: not in');
  });

  test('is quiet about calls that were refused, other methods, other keys, and entries that came twice', async () => {
    await givenRow(at(10_000));
    const other = `${kms.keyName}-of-another-product/cryptoKeyVersions/1`;
    const twice = { ...entry(at(10_000)), insertId: 'a' };
    const entries = [
      entry(at(20_000), { status: { code: 7 } }),
      entry(at(20_000), { methodName: 'GetPublicKey' }),
      entry(at(20_000), { resourceName: other }),
      ...[twice, twice],
    ];
    expect(await compare(entries)).toMatchObject({ code: 0, error: '' });
  });

  test('says how it is used, and ends well only when it was asked', async () => {
    const usage = like(/^Usage: npm run -s compare-signatures -- <since> <until>/);
    expect(await compare([], ['--help'])).toEqual({ code: 0, out: usage, error: '' });
    const [from = '', to = ''] = period(since);
    for (const args of [[], [from], [from, 'tomorrow'], [to, from], [from, to, to]]) {
      expect(await compare([], args)).toEqual({ code: 64, out: '', error: usage });
    }
  });

  test.each([
    ['', /^No JSON: /],
    ['{"entries":[]}', /^No entries of Cloud Logging:\n.*expected array/],
    ['[{"timestamp":"2026-11-25T00:00:00Z"}]', /protoPayload/],
  ])('refuses %j as entries, in words and with a code that is no alarm', async (input, words) => {
    const { code, out, error } = await run('compare-signatures', period(since), { input });
    expect({ code, out, error }).toEqual({
      code: 65,
      out: '',
      error: like(words),
    });
    expect(error).not.toContain('    at ');
  });

  test('gives no alarm when Postgres is away', async () => {
    const env = { SYSTEM_DATABASE_URL: away };
    const found = await run('compare-signatures', period(since), { input: '[]', env });
    expect(found).toEqual({ code: 69, out: '', error: containing('Postgres') });
  });
});

async function givenPath(): Promise<string> {
  return join(await mkdtemp(join(inject('scratchFolder'), 'pins-')), 'roots.json');
}
