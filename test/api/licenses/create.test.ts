import { expect, test } from 'vitest';
import { newId } from '../../../platform/ids.ts';
import { startTestApi } from '../../support/api.ts';
import { acquire, givenLicense, problemOf, succeed, testPolicy } from '../../support/given.ts';

const api = await startTestApi();
const { tenantId, productId, planId, ...given } = await givenLicense(api);

function issue(body: Record<string, unknown>, tenant: string | undefined = tenantId) {
  return api.asOperator('POST', '/v1/licenses', {
    tenantId: tenant,
    body: { productId, planId, ...body },
  });
}

test('issues a license with a key that works and is stored as a hash only', async () => {
  const answer = await issue({ seats: 3, metadata: { order: 'A-1' } });
  expect(answer.status).toBe(201);
  const { license, licenseKey } = answer.body as {
    license: { id: string };
    licenseKey: string;
  };
  expect(license).toMatchObject({
    ...{ tenantId, productId, planId, status: 'active', expiresAt: null },
    seats: { limit: 3, used: 0, queued: 0 },
    entitlements: { agents: { value: 52, kind: 'number', gate: 'hard', from: 'plan' } },
    metadata: { order: 'A-1' },
  });
  expect(licenseKey).toMatch(/^LH(-[0-9A-HJKMNP-TV-Z]{6}){5}$/);
  const session = await acquire({
    ...given,
    tenantId,
    productId,
    planId,
    licenseId: license.id,
    licenseKey,
  });
  expect(session.session.licenseId).toBe(license.id);
  const stored = await api.deps.systemDb.selectFrom('credentials').selectAll().execute();
  expect(JSON.stringify(stored)).not.toContain(licenseKey.slice(3, 9));
});

test('takes the plan’s fewest seats and replaces members of its policy', async () => {
  const overrides = { leaseSeconds: 30, features: { agents: { value: 60, gate: 'soft' } } };
  const { license } = succeed(await issue({ overrides })) as { license: { id: string } };
  const expected = {
    seats: { limit: 1 },
    entitlements: { agents: { value: 60, kind: 'number', gate: 'soft', from: 'license' } },
  };
  expect(license).toMatchObject(expected);
  const read = await api.asOperator('GET', `/v1/licenses/${license.id}`, { tenantId });
  expect(read.body).toMatchObject(expected);
});

test('gives a license what only other plans of its product have, and nothing that none has', async () => {
  const plan = { productId, code: 'more', name: 'More' };
  const policy = { ...testPolicy, features: { agents: 90, sso: false, support: 'mail' } };
  succeed(await api.asOperator('POST', '/v1/plans', { body: { ...plan, policy } }));
  const answer = await issue({ overrides: { features: { sso: true } } });
  expect(answer.body).toMatchObject({
    license: { entitlements: { agents: { from: 'plan' }, sso: { value: true, from: 'license' } } },
  });
  const faults = [
    [{ agnets: 60 }, 'agnets'],
    [{ agents: true }, 'agents'],
    [{ sso: 'saml' }, 'sso'],
    [{ toString: true }, 'toString'],
  ] as const;
  for (const [features, name] of faults) {
    const refused = await issue({ overrides: { features } });
    expect({ name, status: refused.status }).toEqual({ name, status: 422 });
    expect(problemOf(refused).errors).toMatchObject([{ path: `overrides.features.${name}` }]);
  }
});

test('a license whose time is over is issued as expired', async () => {
  const answer = await issue({ expiresAt: '2020-01-01T00:00:00Z' });
  expect(answer.body).toMatchObject({
    license: { status: 'expired', expiresAt: '2020-01-01T00:00:00.000Z' },
  });
});

test('refuses what the plan does not sell, a plan of another product, and overrides that do not fit', async () => {
  const faults = [
    [{ seats: 1_001 }, 'seats'],
    [{ planId: newId('pln') }, 'planId'],
    [{ productId: newId('prd') }, 'planId'],
    [{ overrides: { leaseSeconds: 9 } }, 'overrides.heartbeatSeconds'],
    [{ overrides: { seats: { min: 5, max: 2 } } }, 'overrides.seats'],
  ] as const;
  for (const [body, path] of faults) {
    const answer = await issue(body);
    expect({ path, status: answer.status }).toEqual({ path, status: 422 });
    expect(problemOf(answer).errors).toMatchObject([{ path }]);
  }
});

test('needs a tenant that exists', async () => {
  expect((await issue({}, newId('ten'))).status).toBe(404);
  for (const tenant of ['ten_x', `${tenantId}, ${tenantId}`]) {
    expect((await issue({}, tenant)).status).toBe(422);
  }
  const body = { productId, planId };
  expect((await api.asOperator('POST', '/v1/licenses', { body })).status).toBe(422);
});

test('is written into history and audit log', async () => {
  const { license } = succeed(await issue({ seats: 2 })) as { license: { id: string } };
  const { systemDb } = api.deps;
  const events = await systemDb
    .selectFrom('licenseEvents')
    .select('event')
    .where('licenseId', '=', license.id)
    .execute();
  const acts = await systemDb
    .selectFrom('auditLog')
    .select(['action', 'actorKind'])
    .where('subjectId', '=', license.id)
    .execute();
  expect(events).toEqual([{ event: 'license.issued' }]);
  expect(acts).toEqual([{ action: 'license.issue', actorKind: 'operator_key' }]);
});
