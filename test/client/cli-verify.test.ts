/** `leasehold verify`: on a machine that has a file and the pinned roots, and no network. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { makeCertificate } from '../../signing/tokens/certificate.ts';
import { makeDenial } from '../../signing/tokens/denial.ts';
import { hashDevice } from '../../signing/tokens/device-hash.ts';
import { makeLeaseToken } from '../../signing/tokens/lease-token.ts';
import { makeLicenseFile } from '../../signing/tokens/license-file.ts';
import { makeRequestFile } from '../../signing/tokens/request-file.ts';
import { makeRevocationList } from '../../signing/tokens/revocation-list.ts';
import { makeRootList } from '../../signing/tokens/root-list.ts';
import { givenDelegate, givenLeaseClaims } from '../support/delegate.ts';
import { givenRoot } from '../support/roots.ts';
import { startCli } from './support/program.ts';

const folder = mkdtempSync(join(inject('scratchFolder'), 'verify-'));
const at = Math.floor(Date.now() / 1000);
const issuer = 'https://licenses.example.com';
const root = givenRoot(1);
const delegate = givenDelegate('d1');
const certificate = await makeCertificate(root.signer, {
  ...{ issuer, delegate: delegate.key, scope: ['lic-lease+jwt', 'lic-denial+jwt'], seq: 1, at },
});
const leaseToken = await makeLeaseToken(delegate.signer, givenLeaseClaims(at));
const roots = written('roots.json', JSON.stringify({ keys: [root.jwk] }));

/** A file of the given text. Answers its path. */
function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function verify(file: string, ...args: string[]) {
  const program = startCli(['verify', file, ...args], {
    environment: { LEASEHOLD_ROOTS: roots },
  });
  const exitCode = await program.ended;
  return { exitCode, lines: program.stdout, complaint: program.stderr.join('\n') };
}

async function verifyJson(file: string, ...args: string[]) {
  const { exitCode, lines } = await verify(file, '--json', ...args);
  return { exitCode, document: JSON.parse(lines.join('')) as Record<string, unknown> };
}

test('says of a lease what it is, how every check went, and what it gives', async () => {
  const file = written('answer.json', JSON.stringify({ leaseToken, certificate, session: {} }));
  const { exitCode, lines } = await verify(file, '--product', 'cad');
  expect(exitCode).toBe(0);
  expect(lines[0]).toMatch(/answer\.json is a lease token with its certificate\. As of .*Z:$/);
  const steps = lines.slice(1, -1);
  expect(steps).toHaveLength(17);
  for (const step of steps) expect(step).toMatch(/^ {2}✓ (certificate|lease) /);
  expect(lines.at(-1)).toMatch(
    /^Good: lic_1 of product cad, plan pro, gives ses_1 a seat until \S+Z, offline until \S+Z\.$/,
  );
});

test('says at which check an edited lease failed, and ends with 1', async () => {
  const [head = '', , signature = ''] = leaseToken.split('.');
  const claims = { ...givenLeaseClaims(at), exp: at + 9_000_000 };
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const file = written('edited.txt', `${certificate}\n${head}.${body}.${signature}\n`);
  const { exitCode, lines } = await verify(file);
  expect(exitCode).toBe(1);
  const failed = lines.findIndex((line) => line.includes('✗'));
  expect(lines[failed]).toBe('  ✗ lease is signed by that key');
  expect(lines[failed + 1]).toBe('  · lease has begun and is not over');
  expect(lines.at(-1)).toBe('Not to be believed (bad_signature).');
  expect(await verifyJson(file)).toMatchObject({
    exitCode: 1,
    document: { kind: 'lease', isGood: false, fault: { part: 'token', code: 'bad_signature' } },
  });
});

test.each([
  ['another product', ['--product', 'cam'], 'wrong_audience'],
  ['an instant when it is over', ['--at', '2999-01-01T00:00:00Z'], 'expired'],
  ['an instant before it was issued', ['--at', '2000-01-01T00:00:00Z'], 'not_yet_valid'],
  ['roots that did not sign it', ['--roots', otherRoots()], 'unknown_key'],
])('refuses a lease for %s', async (_what, args, code) => {
  const file = written('lease.txt', `${leaseToken} ${certificate}`);
  expect(await verifyJson(file)).toMatchObject({ exitCode: 0, document: { isGood: true } });
  const { exitCode, document } = await verifyJson(file, ...args);
  expect(exitCode).toBe(1);
  expect(document).toMatchObject({ isGood: false, fault: { code } });
});

function otherRoots(): string {
  return written('other-roots.json', JSON.stringify({ keys: [givenRoot(2).jwk] }));
}

test('refuses what a revocation list names, and a list that is not good itself', async () => {
  const listed = { issuer, seq: 1, keys: [], licenses: ['lic_1'], leases: [], at };
  const list = written('list.txt', await makeRevocationList(root.signer, listed));
  const forged = written('forged.txt', await makeRevocationList(givenRoot(2).signer, listed));
  const file = written('lease.txt', `${leaseToken} ${certificate}`);
  const answer = { seq: 1, revocations: await makeRevocationList(root.signer, listed) };
  const answered = written('revocations.json', JSON.stringify(answer));
  for (const shown of [list, answered]) {
    expect(await verifyJson(file, '--revocations', shown)).toMatchObject({
      exitCode: 1,
      document: { fault: { part: 'token', code: 'revoked_license' } },
    });
  }
  const refused = await verify(file, '--revocations', forged);
  expect(refused.exitCode).toBe(64);
  expect(refused.complaint).toContain('not good itself (unknown_key)');
});

test('knows everything that the server signs', async () => {
  const denial = await makeDenial(delegate.signer, {
    ...{
      audience: 'cad',
      nonce: 'n1',
      instanceKey: 'i1',
      credential: 'LH-1',
      issuer,
      code: 'license_revoked',
      at,
    },
  });
  const key = { ...root.jwk, not_before: at };
  const texts = {
    denial: JSON.stringify({ code: 'license_revoked', denial, certificate }),
    certificate,
    revocation_list: await makeRevocationList(root.signer, {
      ...{ issuer, seq: 1, keys: [], licenses: [], leases: [], at },
    }),
    root_list: await makeRootList(root.signer, { issuer, seq: 1, keys: [key], at }),
  };
  for (const [kind, text] of Object.entries(texts)) {
    const found = await verifyJson(written(`${kind}.txt`, text));
    expect(found).toMatchObject({ exitCode: 0, document: { kind, isGood: true } });
  }
});

test.each([
  ['i1', 'cad', 'i1 of product cad'],
  ['', 'cad', 'a request of product cad'],
  ['', '', 'a request'],
])(
  'says of a denial whom it refused: instance "%s", product "%s"',
  async (instanceKey, audience, whom) => {
    const refused = { nonce: 'n1', instanceKey, credential: 'LH-1', issuer };
    const denial = await makeDenial(delegate.signer, {
      ...{ ...refused, audience, code: 'license_revoked', at },
    });
    const { exitCode, lines } = await verify(written('refused.txt', `${denial} ${certificate}`));
    expect(exitCode).toBe(0);
    expect(lines.at(-1)).toContain(`Good: the server refused ${whom} with license_revoked at `);
  },
);

/** A file for the machine that the other one has the fingerprint of, or for every machine. */
async function licenseFile(fingerprint: string | null): Promise<string> {
  return makeLicenseFile(root.signer, {
    ...{ iss: issuer, aud: 'cad', sub: 'lic_1', tid: 'ten_1', jti: 'cho_1', tier: 'pro' },
    ...{ iat: at, nbf: at, exp: at + 86_400, feat: {}, seats: 5, usage: ['builder'], rev_seq: 0 },
    ...(fingerprint === null ? {} : { fp: await hashDevice('cad', fingerprint) }),
  });
}

test('says of a license file on which devices it is good', async () => {
  const everywhere = await verify(written('free.lic', await licenseFile(null)));
  expect(everywhere.exitCode).toBe(0);
  expect(everywhere.lines[0]).toMatch(/free\.lic is a license file\./);
  expect(everywhere.lines.at(-1)).toMatch(
    /^Good: lic_1 of product cad, plan pro with 5 seats, until \S+Z, on every device\.$/,
  );
  const bound = written('bound.lic', await licenseFile('another machine'));
  expect(await verifyJson(bound)).toMatchObject({
    exitCode: 1,
    document: { kind: 'license_file', fault: { part: 'file', code: 'other_device' } },
  });
  expect((await verify(bound, '--device', 'another machine')).exitCode).toBe(0);
  const any = await verify(bound, '--device', 'any');
  expect(any.exitCode).toBe(0);
  expect(any.lines.at(-1)).toMatch(/on one device\.$/);
  expect(any.lines.join()).not.toContain('is for this device');
});

test('tells a file that was damaged on its way from one that was forged', async () => {
  const file = await licenseFile(null);
  const quoted = written('quoted.lic', file.replaceAll('\n', '\n> '));
  expect((await verifyJson(quoted)).document).toMatchObject({ fault: { code: 'no_end' } });
  const cut = await verify(written('cut.lic', file.slice(0, 400)));
  expect(cut.exitCode).toBe(1);
  expect(cut.lines[1]).toBe('  ✗ file is whole, from its first line to its last');
  const dashes = written('dashes.lic', file.replaceAll('-----', '—'));
  expect((await verifyJson(dashes)).document).toMatchObject({ fault: { code: 'no_begin' } });
});

test('says what is in a request file, and that nobody signed it', async () => {
  const { file } = await makeRequestFile({ product: 'cad', usage: 'builder', fingerprint: 'f' });
  const { exitCode, lines } = await verify(written('request.lic', file));
  expect(exitCode).toBe(0);
  expect(lines.at(-1)).toBe(
    'Whole, and signed by nobody: one device asks for a license file of product cad.',
  );
});

test('refuses a lease whose certificate is missing, and what is nothing of ours', async () => {
  expect(await verifyJson(written('alone.txt', leaseToken))).toMatchObject({
    exitCode: 1,
    document: { fault: { part: 'certificate', code: 'missing' } },
  });
  const texts = ['', 'Hello.', '{"leaseToken": 1}', 'A'.repeat(1_000_001), '{', 'e30.e30.e30'];
  for (const text of texts) {
    const { exitCode, document } = await verifyJson(written('other.txt', text));
    expect(exitCode).toBe(1);
    expect(document).toMatchObject({ kind: null, isGood: false });
  }
});

test('says what is missing, and is not content with roots that are none', async () => {
  const file = written('lease.txt', `${leaseToken} ${certificate}`);
  const program = startCli(['verify', file]);
  expect(await program.ended).toBe(64);
  expect(program.stderr.join('\n')).toContain('LEASEHOLD_ROOTS');
  const secret = JSON.stringify({ keys: [{ ...delegate.key }] });
  expect(await verify(file, '--roots', written('delegates.json', secret))).toMatchObject({
    exitCode: 64,
  });
  expect(await verify(join(folder, 'nowhere'))).toMatchObject({ exitCode: 64 });
  expect(await verify(file, '--at', 'yesterday')).toMatchObject({ exitCode: 64 });
});
