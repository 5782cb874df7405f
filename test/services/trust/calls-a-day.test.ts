import { expect, test } from 'vitest';
import { createKms } from '../../../platform/kms.ts';
import { publishRevocations } from '../../../services/publish-revocations.ts';
import { renewDelegate } from '../../../services/renew-delegate.ts';
import { kmsSettings } from '../../support/kms.ts';
import { openTrustWorld } from '../../support/trust-world.ts';

const world = await openTrustWorld();
const methods = ['asymmetricSign', 'getPublicKey', 'getCryptoKeyVersion', 'listCryptoKeyVersions'];

test('all that asks Cloud KMS by itself makes fewer than fifty calls a day, three processes started anew', async () => {
  const { kms, deps } = world;
  await world.settle();
  await publishRevocations(deps);
  const calls = () => methods.reduce((sum, method) => sum + kms.calls(method), 0);
  const before = calls();
  const started = Array.from({ length: 3 }, () => {
    const client = createKms(kmsSettings(kms, kms.endpoint), deps);
    if (client === null) throw new Error('KMS_KEY is missing');
    return { ...deps, kms: client };
  });
  let renewed = 0;
  for (let hours = 1; hours <= 24; hours += 1) {
    await world.passDays(1 / 24);
    // Each hour the Schedule looks at the delegate, on any worker; every six the root; once a day the list.
    const at = started[hours % started.length] ?? deps;
    if ((await renewDelegate(at)).isNew) renewed += 1;
    if (hours % 6 === 0) await world.settle();
    if (hours === 24) await publishRevocations(at);
  }
  expect(renewed).toBe(2);
  const spent = calls() - before;
  expect(spent).toBeGreaterThan(4);
  expect(spent).toBeLessThan(50);
  await Promise.all(started.map(({ kms: client }) => client.close()));
});
