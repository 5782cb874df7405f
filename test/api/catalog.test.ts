import { describe, expect, test } from 'vitest';
import { newId } from '../../platform/ids.ts';
import { startTestApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { problemOf, succeed, testPolicy } from '../support/given.ts';
import { openLockConnections } from '../support/pool-lock.ts';

const api = await startTestApi();
const product = succeed(
  await api.asOperator('POST', '/v1/products', { body: { code: 'ide', name: ' The IDE ' } }),
) as { id: string };

describe.each([
  { name: 'tenants', path: '/v1/tenants', make: (n: number) => ({ name: `Tenant ${n}` }) },
  {
    name: 'products',
    path: '/v1/products',
    make: (n: number) => ({ code: `p-${n}`, name: `Product ${n}` }),
  },
  {
    name: 'plans',
    path: '/v1/plans',
    make: (n: number) => ({
      ...{ productId: product.id, code: `pln-${n}`, name: `Plan ${n}`, policy: testPolicy },
    }),
  },
])('$name', ({ path, make }) => {
  test('are made, read one by one and listed page by page', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const made = await api.asOperator('POST', path, { body: make(n) });
      expect(made.status).toBe(201);
      const { id } = made.body as { id: string };
      ids.push(id);
      expect((await api.asOperator('GET', `${path}/${id}`)).body).toEqual(made.body);
      expect(made.body).toMatchObject(make(n));
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const answer = await api.asOperator('GET', `${path}?limit=2${query}`);
      const page = answer.body as { items: { id: string }[]; nextCursor: string | null };
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null && seen.length < 50);
    expect(seen.filter((id) => ids.includes(id))).toEqual(ids);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('that do not exist are not found', async () => {
    const prefix = { tenants: 'ten', products: 'prd', plans: 'pln' } as const;
    const id = newId(prefix[path.split('/').at(-1) as keyof typeof prefix]);
    expect((await api.asOperator('GET', `${path}/${id}`)).status).toBe(404);
  });

  test('have a name', async () => {
    for (const name of ['', '   ', 'x'.repeat(201), 7, 'bell\u0007']) {
      const answer = await api.asOperator('POST', path, { body: { ...make(9), name } });
      expect({ name, status: answer.status }).toEqual({ name, status: 422 });
      expect(problemOf(answer).errors).toMatchObject([{ path: 'name' }]);
    }
  });
});

describe('a code', () => {
  test('is taken once among products, and once among the plans of a product', async () => {
    const body = { code: 'unique', name: 'Unique' };
    const products = await Promise.all(
      [1, 2, 3].map(() => api.asOperator('POST', '/v1/products', { body })),
    );
    expect(products.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    const plan = { ...body, productId: product.id, policy: testPolicy };
    const first = await api.asOperator('POST', '/v1/plans', { body: plan });
    const again = await api.asOperator('POST', '/v1/plans', { body: plan });
    expect([first.status, again.status]).toEqual([201, 409]);
    expect(problemOf(again)).toMatchObject({ code: 'conflict', conclusive: true });
  });

  test('is lower-case letters, digits and dashes', async () => {
    for (const code of ['Upper', 'with blank', '-dash', '', 'x'.repeat(65), 'ü']) {
      const answer = await api.asOperator('POST', '/v1/products', { body: { code, name: 'x' } });
      expect({ code, status: answer.status }).toEqual({ code, status: 422 });
    }
  });
});

describe('a product', () => {
  test('says where larger plans are sold, or nowhere', async () => {
    const make = (code: string, more: Record<string, unknown> = {}) =>
      api.asOperator('POST', '/v1/products', { body: { code, name: 'x', ...more } });
    const upgradeUrl = 'https://acme.example/plans?of=ide';
    const { id } = succeed(await make('sold', { upgradeUrl })) as { id: string };
    expect((await api.asOperator('GET', `/v1/products/${id}`)).body).toMatchObject({ upgradeUrl });
    expect((await make('unsold')).body).toMatchObject({ upgradeUrl: null });
    expect((await make('not-sold', { upgradeUrl: null })).body).toMatchObject({ upgradeUrl: null });
    const faults = ['', 'acme.example', 'ftp://acme.example', 'https://a b', 'https://a\u001b[2J'];
    for (const url of [...faults, 'https://[', `https://a/${'x'.repeat(500)}`, 7]) {
      const answer = await make('faulty', { upgradeUrl: url });
      expect({ url, status: answer.status }).toEqual({ url, status: 422 });
      expect(problemOf(answer).errors).toMatchObject([{ path: 'upgradeUrl' }]);
    }
  });
});

describe('a product that is changed', () => {
  test('keeps what the change does not name, and its code for good', async () => {
    const upgradeUrl = 'https://acme.example/plans';
    const body = { code: 'changing', name: 'Old', upgradeUrl };
    const { id } = succeed(await api.asOperator('POST', '/v1/products', { body })) as {
      id: string;
    };
    const change = (changed: unknown) =>
      api.asOperator('PATCH', `/v1/products/${id}`, { body: changed });
    expect((await change({ name: ' New ' })).body).toMatchObject({ ...body, name: 'New' });
    const unsold = { ...body, name: 'New', upgradeUrl: null };
    expect((await change({ upgradeUrl: null })).body).toMatchObject(unsold);
    for (const wrong of [{}, { code: 'other' }, { name: '' }, { upgradeUrl: 'acme' }]) {
      expect({ wrong, status: (await change(wrong)).status }).toEqual({ wrong, status: 422 });
    }
    expect((await api.asOperator('GET', `/v1/products/${id}`)).body).toMatchObject(unsold);
    const acts = await api.deps.systemDb
      .selectFrom('auditLog')
      .select('action')
      .where('subjectId', '=', id)
      .orderBy('id')
      .execute();
    expect(acts.map(({ action }) => action)).toEqual([
      ...['product.create', 'product.change', 'product.change'],
    ]);
  });

  test('must exist, and is an operator’s to change', async () => {
    const body = { name: 'New' };
    const path = (id: string) => `/v1/products/${id}`;
    expect((await api.asOperator('PATCH', path(newId('prd')), { body })).status).toBe(404);
    expect((await api.request('PATCH', path(product.id), { body })).status).toBe(401);
  });
});

describe('a plan', () => {
  const make = (policy: Record<string, unknown>, productId = product.id) =>
    api.asOperator('POST', '/v1/plans', {
      body: {
        productId,
        code: newId('pln').slice(4),
        name: 'x',
        policy: { ...testPolicy, ...policy },
      },
    });

  test('needs a product that exists', async () => {
    const answer = await make({}, newId('prd'));
    expect(problemOf(answer)).toMatchObject({ status: 422, errors: [{ path: 'productId' }] });
  });

  test('has a policy whose members fit', async () => {
    const faults = [
      [{ heartbeatSeconds: 8 }, 'policy.heartbeatSeconds'],
      [{ leaseSeconds: 4, heartbeatSeconds: 1 }, 'policy.leaseSeconds'],
      [{ seats: { min: 3, max: 2 } }, 'policy.seats'],
      [{ usageTypes: [] }, 'policy.usageTypes'],
      [{ queue: { lengthMax: 1 } }, 'policy.queue.waitMaxSeconds'],
      [{ offlineAllowance: 'plenty' }, 'policy.offlineAllowance'],
      [{ features: { agents: null } }, 'policy.features.agents'],
      [{ features: { agents: -1 } }, 'policy.features.agents'],
      [{ features: { agents: { value: 1 } } }, 'policy.features.agents'],
      [{ features: { agents: { value: 1, gate: 'firm' } } }, 'policy.features.agents'],
      [{ features: { agents: 'x'.repeat(201) } }, 'policy.features.agents'],
      [{ features: { 'two words': 1 } }, 'policy.features.two words'],
      [{ features: named(201) }, 'policy.features'],
      [{ features: named(200, '€'.repeat(30)) }, 'policy.features'],
    ] as const;
    for (const [policy, path] of faults) {
      const answer = await make(policy);
      expect({ path, status: answer.status }).toEqual({ path, status: 422 });
      expect(problemOf(answer).errors?.map((error) => error.path)).toContain(path);
    }
  });

  test('keeps its policy to the letter', async () => {
    const features = { camelCase: 1, snake_case: { value: 'x', gate: 'soft' }, 'a.b:c-1': true };
    const policy = { ...testPolicy, queue: null, features };
    const answer = await make(policy);
    expect(answer.body).toMatchObject({ policy, offered: true });
    const { id } = answer.body as { id: string };
    const read = await api.asOperator('GET', `/v1/plans/${id}`);
    expect((read.body as { policy: unknown }).policy).toEqual(policy);
  });

  test('gives a feature the kind that it has in the product’s other plans', async () => {
    const { id } = succeed(
      await api.asOperator('POST', '/v1/products', { body: { code: 'kinds', name: 'x' } }),
    ) as { id: string };
    const limit = { value: 'unlimited', gate: 'soft' };
    expect((await make({ features: { agents: 5, sso: true } }, id)).status).toBe(201);
    expect((await make({ features: { agents: limit, betas: 'all' } }, id)).status).toBe(201);
    const refused = await make({ features: { agents: 'many' } }, id);
    expect(problemOf(refused)).toMatchObject({
      ...{ status: 422, errors: [{ path: 'policy.features.agents' }] },
    });
    expect((await make({ features: { betas: 3 } })).status).toBe(201);
  });

  test('agrees with one that is made at the same time about the kind of a feature', async () => {
    const { id } = succeed(
      await api.asOperator('POST', '/v1/products', { body: { code: 'race', name: 'x' } }),
    ) as { id: string };
    const { admin, watcher } = await openLockConnections(api);
    await admin.query('begin');
    await admin.query('select from products where id = $1 for no key update', [id]);
    const made = Promise.all([1, true].map((sla) => make({ features: { sla } }, id)));
    await eventually(async () => {
      const { rows } = await watcher.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length === 2;
    });
    await admin.query('commit');
    expect((await made).map(({ status }) => status).toSorted()).toEqual([201, 422]);
  });
});

function named(count: number, value: unknown = true): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`feature${n}`, value]));
}
