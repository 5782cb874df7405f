/** Refusals that prove themselves, to programs that have pinned the root. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isForPrograms } from '../../api/middleware/sign-refusal.ts';
import { operations } from '../../api/routes.ts';
import { newId } from '../../platform/ids.ts';
import { nothingRevoked } from '../../signing/tokens/revocation-list.ts';
import { hashCredential } from '../../signing/tokens/credential-hash.ts';
import { verifyDenial } from '../../signing/tokens/denial.ts';
import { startTestApi, type Answer, type RequestOptions } from '../support/api.ts';
import { proofOf } from '../support/denials.ts';
import { givenWorld, requestFor } from '../support/every-operation.ts';
import {
  acquire,
  acquireBody,
  givenLicense,
  problemOf,
  release,
  suspend,
  tryHeartbeat,
  type GivenSession,
} from '../support/given.ts';
import { startTestKms } from '../support/kms.ts';

const kms = await startTestKms();
const api = await startTestApi({ kms });
const proof = await proofOf(api);
const issuer = api.deps.config.PUBLIC_URL;
const newNonce = () => randomBytes(16).toString('base64url');

/** What a program that sent this request finds of the answer's denial. */
async function judge(
  answer: Answer,
  asked: { nonce: string; instanceKey: string; audience: string; credential: string },
) {
  const { denial = '', certificate = '' } = problemOf(answer) as unknown as Record<string, string>;
  const at = Math.floor(Date.now() / 1_000);
  const demand = { roots: proof.roots, revoked: nothingRevoked, at, ...asked };
  return verifyDenial({ token: denial, certificate }, demand);
}

function askForSeat(
  { licenseKey }: { licenseKey: string },
  { nonce, body }: { nonce: string; body: object },
): Promise<Answer> {
  const authorization = `License ${licenseKey}`;
  const headers = { 'leasehold-nonce': nonce };
  return api.request('POST', '/v1/sessions', { authorization, headers, body });
}

function asSession(
  { license, credential, id }: GivenSession,
  method: string,
  options: RequestOptions & { path?: string; nonce?: string },
): Promise<Answer> {
  const { path = `/v1/sessions/${id}`, nonce, ...rest } = options;
  const headers = nonce === undefined ? {} : { 'leasehold-nonce': nonce };
  const authorization = `Bearer ${credential}`;
  return license.api.request(method, path, { authorization, headers, ...rest });
}

describe('a refusal is proven to whoever asked', () => {
  test('for a seat', async () => {
    const license = await givenLicense(api, { seats: 1 });
    await acquire(license);
    const nonce = newNonce();
    const body = acquireBody(license, { instance: 'i' });
    const answer = await askForSeat(license, { nonce, body });
    const asked = {
      ...{ nonce, instanceKey: 'i', audience: license.product },
      credential: license.licenseKey,
    };
    expect(await judge(answer, asked)).toMatchObject({
      isGood: true,
      claims: { iss: issuer, code: 'no_seats_available' },
    });
    const other = { ...asked, nonce: newNonce() };
    expect(await judge(answer, other)).toMatchObject({ fault: 'other_request' });
  });

  test.each([
    ['another product than the license’s', { product: 'other' }, 'product_mismatch'],
    ['with a field that nobody knows', { seatz: 1 }, 'invalid_request'],
  ])('%s', async (_how, wrong, code) => {
    const license = await givenLicense(api);
    const nonce = newNonce();
    const body = { ...acquireBody(license, { instance: 'i' }), ...wrong };
    const answer = await askForSeat(license, { nonce, body });
    const asked = {
      ...{ nonce, instanceKey: 'i', audience: body.product, credential: license.licenseKey },
    };
    expect(await judge(answer, asked)).toMatchObject({ isGood: true, claims: { code } });
  });

  test('with a license that was suspended, and with a session that ended by it', async () => {
    const license = await givenLicense(api);
    const session = await acquire(license, { instance: 'i' });
    await suspend(license);
    const nonce = newNonce();
    const path = `/v1/sessions/${session.id}/heartbeat`;
    const answer = await asSession(session, 'POST', { path, nonce, body: {} });
    const asked = {
      ...{ nonce, instanceKey: 'i', audience: license.product },
      credential: session.credential,
    };
    expect(await judge(answer, asked)).toMatchObject({
      isGood: true,
      claims: { code: 'session_ended', reason: 'license_suspended' },
    });
    expect(problemOf(answer)).toMatchObject({ reason: 'license_suspended' });
  });

  test.each(['GET', 'DELETE'])('without a body: %s', async (method) => {
    const license = await givenLicense(api);
    const session = await acquire(license, { instance: 'i' });
    const nonce = newNonce();
    const path = `/v1/sessions/${newId('ses')}`;
    const answer = await asSession(session, method, { path, nonce });
    const asked = {
      ...{ nonce, instanceKey: 'i', audience: license.product },
      credential: session.credential,
    };
    expect(await judge(answer, asked)).toMatchObject({
      isGood: true,
      claims: { code: 'not_found' },
    });
  });

  test('whose license key nobody knows, before its body is read', async () => {
    const nonce = newNonce();
    const answer = await api.request('POST', '/v1/sessions', {
      ...{ authorization: 'License LH-WRONG', headers: { 'leasehold-nonce': nonce } },
      body: acquireBody(await givenLicense(api), { instance: 'i' }),
    });
    expect(
      await judge(answer, { nonce, instanceKey: '', audience: '', credential: 'LH-WRONG' }),
    ).toMatchObject({
      ...{ isGood: true, claims: { code: 'unauthenticated' } },
    });
  });

  test('who came with the credential that was refused, whoever sent it on', async () => {
    const victim = await givenLicense(api);
    const own = await givenLicense(api);
    await suspend(own);
    const nonce = newNonce();
    const body = acquireBody(victim, { instance: 'i' });
    const answer = await api.request('POST', '/v1/sessions', {
      ...{
        authorization: `License ${own.licenseKey}`,
        headers: { 'leasehold-nonce': nonce },
        body,
      },
    });
    const asked = { nonce, instanceKey: 'i', audience: victim.product };
    const judgedBy = ({ licenseKey }: { licenseKey: string }) =>
      judge(answer, { ...asked, credential: licenseKey });
    expect(await judgedBy(own)).toMatchObject({ isGood: true });
    expect(await judgedBy(victim)).toMatchObject({ fault: 'other_credential' });
  });

  test('of a session as its credential names it, whatever the body says', async () => {
    const license = await givenLicense(api);
    const session = await acquire(license, { instance: 'i' });
    const nonce = newNonce();
    const answer = await asSession(session, 'POST', {
      ...{ path: `/v1/sessions/${session.id}/heartbeat`, nonce },
      body: { instanceKey: 'victim', product: 'victim' },
    });
    const { credential } = session;
    const asked = { nonce, instanceKey: 'i', audience: license.product, credential };
    expect(await judge(answer, asked)).toMatchObject({
      ...{ isGood: true, claims: { code: 'invalid_request' } },
    });
  });

  test.each([
    ['one with a blank', 'License LH-A B', 'LH-A B'],
    ['one of another scheme', 'Bearer LH-A', ''],
    ['one that is too long to be any', `License ${'A'.repeat(1_200)}`, ''],
    ['none', undefined, ''],
  ])('whatever the credential is: %s', async (_what, authorization, credential) => {
    const nonce = newNonce();
    const headers = { 'leasehold-nonce': nonce };
    const body = acquireBody(await givenLicense(api), { instance: 'i' });
    const answer = await api.request('POST', '/v1/sessions', { authorization, headers, body });
    const { cred, code } = await proof.claimsOf(answer.body);
    expect({ cred, code }).toEqual({
      ...{ cred: await hashCredential(credential), code: 'unauthenticated' },
    });
  });

  test('and not of a good license key that is shown in place of a session’s credential, or the reverse', async () => {
    const license = await givenLicense(api);
    const { id, credential } = await acquire(license);
    const headers = { 'leasehold-nonce': newNonce() };
    const credOf = async (method: string, path: string, authorization: string) => {
      const answer = await api.request(method, path, { authorization, headers, body: {} });
      expect(answer.status).toBe(401);
      return (await proof.claimsOf(answer.body)).cred;
    };
    const beat = `/v1/sessions/${id}/heartbeat`;
    expect(await credOf('POST', beat, `Bearer ${license.licenseKey}`)).toBe('');
    expect(await credOf('POST', '/v1/sessions', `License ${credential}`)).toBe('');
  });

  test('and to nobody where the request had no nonce', async () => {
    const session = await acquire(await givenLicense(api));
    await release(session);
    const answer = await tryHeartbeat(session);
    const { nonce, code } = await proof.claimsOf(answer.body);
    expect([nonce, code]).toEqual(['', 'session_ended']);
    const asked = {
      nonce: '',
      instanceKey: session.instanceKey,
      audience: session.license.product,
      credential: session.credential,
    };
    expect(await judge(answer, asked)).toMatchObject({ isGood: false });
  });
});

describe('each operation for programs', () => {
  const forPrograms = operations.filter(isForPrograms);
  test.each(forPrograms)(
    '$id signs that it does not know a credential, for the nonce alone',
    async (operation) => {
      const { path, method, body } = requestFor(operation, await givenWorld(api));
      const nonce = newNonce();
      const answer = await api.request(method, path, {
        authorization: 'Bearer lhs_nobody',
        headers: { 'leasehold-nonce': nonce },
        ...(body === undefined ? {} : { body }),
      });
      expect(answer.status).toBe(401);
      expect(await proof.claimsOf(answer.body)).toMatchObject({
        ...{ code: 'unauthenticated', nonce },
        ...{ aud: '', instance_key: '' },
      });
    },
  );
});

describe('nothing is signed', () => {
  test('of an answer that is no refusal for good', async () => {
    const license = await givenLicense(api);
    const session = await acquire(license);
    await api.redis.flush();
    const answer = await tryHeartbeat(session);
    expect(problemOf(answer)).toMatchObject({ code: 'restoring' });
    expect(answer.text).not.toContain('denial');
  });

  test('for tenants and operators, who ask over a connection of their own', async () => {
    const answer = await api.asOperator('GET', `/v1/tenants/${newId('ten')}`);
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain('denial');
  });

  test('by a server without a root, which refuses all the same', async () => {
    const plain = await startTestApi({ database: api.database, redis: api.redis });
    const answer = await plain.request('GET', `/v1/sessions/${newId('ses')}`);
    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain('denial');
  });
});

test('what is signed is counted by its kind', async () => {
  const counted = async () => {
    const { values } = await api.deps.metrics.tokensSigned.get();
    return new Map(values.map(({ labels, value }) => [labels.kind, value]));
  };
  const before = await counted();
  const session = await acquire(await givenLicense(api));
  await release(session);
  await tryHeartbeat(session);
  const after = await counted();
  for (const kind of ['lease', 'denial']) {
    expect(after.get(kind), kind).toBe((before.get(kind) ?? 0) + 1);
  }
});

test('a thousand refusals ask nothing of KMS', async () => {
  const calls = () => kms.calls('asymmetricSign') + kms.calls('getPublicKey');
  const before = calls();
  const session = await acquire(await givenLicense(api));
  await release(session);
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => tryHeartbeat(session)));
  expect(answers.every(({ text }) => text.includes('"denial"'))).toBe(true);
  expect(calls()).toBe(before);
});
