/** `leasehold roots`: pins come from a server once, and people compare them. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { expect, inject, test } from 'vitest';
import { nothingRevoked, trustRoots, verifyCertificate } from '../../client/verify/index.ts';
import { startTestApi } from '../support/api.ts';
import { givenDelegate } from '../support/delegate.ts';
import { startTestKms } from '../support/kms.ts';
import { givenRoot, type HeldRoot } from '../support/roots.ts';
import { startCli } from './support/program.ts';
import { serve } from './support/serve.ts';

const api = await startTestApi({ kms: await startTestKms() });

/** Somebody who shows these keys. */
async function startShower(...roots: HeldRoot[]) {
  const keys = [...roots.map(({ jwk }) => jwk), givenDelegate('d1').key];
  const listener = createServer((request, response) => {
    response.statusCode = request.url === '/.well-known/jwks.json' ? 200 : 404;
    response.end(JSON.stringify({ keys, roots: [] }));
  });
  return serve(listener);
}

async function roots(url: string, out: string, ...args: string[]) {
  const program = startCli(['roots', '--url', url, '--out', out, ...args]);
  return { exitCode: await program.ended, lines: program.stdout };
}

test('writes the roots, and nothing but the roots, with the fingerprints that people compare', async () => {
  const root = givenRoot(1);
  await using server = await startShower(root);
  const out = join(mkdtempSync(join(inject('scratchFolder'), 'roots-')), 'roots.json');
  const { exitCode, lines } = await roots(server.url, out);
  expect(exitCode).toBe(0);
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ keys: [root.jwk] });
  const print = Buffer.from(await calculateJwkThumbprint(root.jwk), 'base64url').toString('hex');
  expect(lines[0]).toBe(`root-1  sha256:${print}`);
  expect(lines[1]).toContain('Compare the fingerprints');
});

test('writes what the API itself shows as pins that its tokens are verified with', async () => {
  const out = join(mkdtempSync(join(inject('scratchFolder'), 'roots-')), 'roots.json');
  expect(await roots(api.url, out)).toMatchObject({ exitCode: 0 });
  const { roots: trusted } = trustRoots(JSON.parse(readFileSync(out, 'utf8')));
  const { certificate = '' } = api.deps.delegate.current() ?? {};
  const at = Math.floor(Date.now() / 1000);
  const check = await verifyCertificate(certificate, {
    ...{ roots: trusted, revoked: nothingRevoked, at },
  });
  expect(check).toMatchObject({ isGood: true });
});

test('adds the successors of what is pinned, and replaces it by others only when it is forced', async () => {
  const out = join(mkdtempSync(join(inject('scratchFolder'), 'roots-')), 'roots.json');
  const idsIn = () =>
    (JSON.parse(readFileSync(out, 'utf8')) as { keys: { kid: string }[] }).keys.map(
      ({ kid }) => kid,
    );
  await using first = await startShower(givenRoot(1));
  await using later = await startShower(givenRoot(1), givenRoot(2));
  await using other = await startShower(givenRoot(3));
  await roots(first.url, out);
  expect(await roots(later.url, out)).toMatchObject({ exitCode: 0 });
  expect(idsIn()).toEqual(['root-1', 'root-2']);
  const refused = await roots(other.url, out);
  expect(refused.exitCode).toBe(1);
  expect(refused.lines.at(-1)).toContain('pins other roots and is left as it is');
  expect(idsIn()).toEqual(['root-1', 'root-2']);
  expect(await roots(other.url, out, '--force')).toMatchObject({ exitCode: 0 });
  expect(idsIn()).toEqual(['root-3']);
});

test('writes nothing when nobody answers', async () => {
  const out = join(mkdtempSync(join(inject('scratchFolder'), 'roots-')), 'roots.json');
  expect(await roots('http://127.0.0.1:1', out)).toMatchObject({ exitCode: 69 });
  expect(existsSync(out)).toBe(false);
});
