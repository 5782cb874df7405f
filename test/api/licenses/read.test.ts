import { expect, test } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import {
  acquire,
  acquireMany,
  givenApiKey,
  givenLicense,
  readLicense,
  release,
  type License,
} from '../../support/given.ts';

const api = await startTestApi();

interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** Every item, read page by page. */
async function readAll<Item>(path: string, tenantId: string, limit: number): Promise<Item[][]> {
  const pages: Item[][] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const sign = path.includes('?') ? '&' : '?';
    const answer = await api.asOperator('GET', `${path}${sign}limit=${limit}${query}`, {
      tenantId,
    });
    const page = answer.body as Page<Item>;
    pages.push(page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && pages.length < 20);
  return pages;
}

test('a license shows its seats in use and waiting', async () => {
  const license = await givenLicense(api, { seats: 2 });
  await acquireMany(license, 2);
  await acquire(license, { wait: true });
  expect(await readLicense(license)).toMatchObject({ seats: { limit: 2, used: 2, queued: 1 } });
});

test('an operator reads any tenant’s, a tenant its own', async () => {
  const license = await givenLicense(api);
  const authorization = `Bearer ${await givenApiKey(api, license.tenantId)}`;
  const path = `/v1/licenses/${license.licenseId}`;
  const own = await api.request('GET', path, { authorization });
  expect(own.body).toEqual(await readLicense(license));
});

test('pages hold every license once, in the order of issue', async () => {
  const { tenantId, ...first } = await givenLicense(api);
  const ids = [first.licenseId];
  for (let n = 0; n < 4; n += 1) ids.push((await givenLicense(api, { tenantId })).licenseId);
  const pages = await readAll<License>('/v1/licenses', tenantId, 2);
  expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
  expect(pages.flat().map(({ id }) => id)).toEqual(ids);
});

test('a page that ends with the last item names no next one', async () => {
  const { tenantId } = await givenLicense(api);
  await givenLicense(api, { tenantId });
  expect(await readAll('/v1/licenses', tenantId, 2)).toHaveLength(1);
});

test('sessions are listed newest first, on request only those that hold or wait', async () => {
  const license = await givenLicense(api, { seats: 3 });
  const [one, two, three] = await acquireMany(license, 3);
  if (one === undefined || two === undefined || three === undefined) throw new Error('No seats');
  const ids = [one.id, two.id, three.id].toSorted().toReversed();
  await release(two);
  const { tenantId, licenseId } = license;
  const path = `/v1/licenses/${licenseId}/sessions`;
  const all = await readAll<{ id: string; status: string }>(path, tenantId, 2);
  expect(all.flat().map(({ id }) => id)).toEqual(ids);
  const open = await readAll<{ id: string }>(`${path}?open=true`, tenantId, 1);
  expect(open.flat().map(({ id }) => id)).toEqual(ids.filter((id) => id !== two.id));
  expect(all.flat().find(({ id }) => id === two.id)).toMatchObject({
    status: 'ended',
    endReason: 'released',
    fence: { counter: expect.any(Number) as number },
  });
});
