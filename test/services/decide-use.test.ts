import { expect, test } from 'vitest';
import { openDatabase } from '../../data/database.ts';
import { findLicense } from '../../data/licenses.ts';
import { withTenant } from '../../data/tenant.ts';
import { decideUse, explainDecision } from '../../services/decide-use.ts';
import { startTestApi } from '../support/api.ts';
import { givenLicense } from '../support/given.ts';

const api = await startTestApi();
/** Whatever asks it fails. */
const unreachable = openDatabase({
  ...{ url: 'postgres://nobody@127.0.0.1:1/nothing', poolSize: 1, onError: () => undefined },
});

test('a decision asks the catalogue for nothing but the way out of what a plan refuses', async () => {
  const given = await givenLicense(api, { policy: { usageTypes: ['builder'] } });
  const license = await withTenant(api.deps.db, given.tenantId, (tx) => findLicense(tx, given));
  if (license === undefined) throw new Error('The license that was just given is not there');
  const request = { product: given.product, usageType: 'builder' as const, features: ['agents'] };
  const other = { ...request, product: 'another' };

  expect(await decideUse({ db: unreachable }, license, request)).toBeNull();
  expect(await decideUse({ db: unreachable }, license, other)).toMatchObject({
    code: 'product_mismatch',
  });
  const outcomes = await explainDecision({ db: unreachable }, license, other);
  expect(outcomes.filter(({ refusal }) => refusal !== null)).toHaveLength(1);

  const runtime = { ...request, usageType: 'runtime' as const };
  await expect(decideUse({ db: unreachable }, license, runtime)).rejects.toThrow('ECONNREFUSED');
  expect(await decideUse(api.deps, license, runtime)).toMatchObject({ upgrade: { plans: [] } });
});
