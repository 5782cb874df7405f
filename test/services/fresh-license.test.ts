/** The first copies of a new license start together, and reach several processes. */
import { randomBytes } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { startTestApi } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { givenLicense, tryAcquire } from '../support/given.ts';
import { startTestRedis } from '../support/redis.ts';

const shared = {
  database: await cloneDatabase(),
  redis: await startTestRedis(),
  environment: { SESSION_CREDENTIAL_SECRETS: `k:${randomBytes(32).toString('base64url')}` },
};
const one = await startTestApi(shared);
// A process of its own knows nothing of what the other one is about to restore.
vi.resetModules();
const otherProcess = await import('../support/api.ts');
const other = await otherProcess.startTestApi(shared);

test('every copy gets its seat at once, though each process finds a pool that is not there yet', async () => {
  for (let round = 0; round < 40; round += 1) {
    const license = await givenLicense(one, { seats: 12 });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, nth) =>
        tryAcquire({ ...license, api: nth % 2 === 0 ? one : other }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  }
});
