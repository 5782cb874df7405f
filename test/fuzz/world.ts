import { z } from 'zod';
import { catalogue } from '../../dev/catalogue.ts';
import { createOperator } from '../../dev/operator.ts';

const withId = z.object({ id: z.string() });
const withCode = withId.extend({ code: z.string() });
const withSecret = z.object({ apiKey: withId, secret: z.string() });
const acquired = z.object({ session: withId, credential: z.string() });

/** What the requests of a run may name and prove to be theirs. */
export type FuzzWorld = Awaited<ReturnType<typeof givenFuzzWorld>>;

/**
 * A tenant with a license, a session and a key, and of each that a request may end another one, so that
 * the rest of the run does not meet it ended.
 */
export async function givenFuzzWorld(url: string, operatorKey: string) {
  const operator = createOperator(url, operatorKey);
  const { id: tenantId } = await operator.post('/v1/tenants', withId, { name: 'Fuzz' });
  const product = { code: 'fuzz', name: 'Fuzz' };
  const { id: productId, code } = await operator.post('/v1/products', withCode, product);
  const policy = catalogue.find((plan) => plan.code === 'enterprise')?.policy;
  const plan = { productId, code: 'fuzz', name: 'Fuzz', policy };
  const { id: planId } = await operator.post('/v1/plans', withId, plan);
  const terms = { productId, planId, seats: 1_000 };
  const issue = () => operator.issueLicense(tenantId, terms);
  const [license, spare, lost] = [await issue(), await issue(), await issue()];
  const makeKey = (name: string) => operator.post('/v1/api-keys', withSecret, { name }, tenantId);
  const acquire = (instance: string) =>
    acquireSession(url, { licenseKey: license.licenseKey, product: code, instance });
  return {
    ...{ operatorKey, tenantId, productId, planId, product: code },
    license: { id: license.license.id, key: license.licenseKey },
    spareLicenseId: spare.license.id,
    lostLicenseId: lost.license.id,
    apiKey: (await makeKey('used')).secret,
    spareApiKeyId: (await makeKey('spare')).apiKey.id,
    session: await acquire('used'),
    spareSession: await acquire('spare'),
  };
}

async function acquireSession(
  url: string,
  { licenseKey, product, instance }: { licenseKey: string; product: string; instance: string },
): Promise<{ id: string; credential: string }> {
  const response = await fetch(new URL('/v1/sessions', url), {
    method: 'POST',
    headers: { authorization: `License ${licenseKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{
        product,
        version: '1.0.0',
        usageType: 'builder',
        device: { fingerprint: instance.repeat(8) },
      },
      instanceKey: `${instance}-0123456789abcdef`,
    }),
    signal: AbortSignal.timeout(10_000),
  });
  const { session, credential } = acquired.parse(await response.json());
  return { id: session.id, credential };
}
