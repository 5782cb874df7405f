import type { KeyObject } from 'node:crypto';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import type { ServedKms } from '../../dev/kms/server.ts';
import { createKms } from '../../platform/kms.ts';
import { createMetrics } from '../../platform/metrics.ts';
import type { TokenSigner } from '../../signing/tokens/jws.ts';
import { kmsSettings } from './kms.ts';

/** A busy machine takes seconds to load the SDK; the deadline itself is tested with the client. */
const limits = { deadlineMs: 30_000, breakAfter: 5, halfOpenAfterMs: 10_000 };

/** The first version of a stand-in's key as a signer of tokens, key id `r1`, and its public half. */
export async function givenTestRoot(
  server: ServedKms,
): Promise<{ signer: TokenSigner; publicKey: KeyObject }> {
  const deps = { metrics: createMetrics('worker'), log: pino({ level: 'silent' }) };
  const kms = createKms(kmsSettings(server, server.endpoint), deps, limits);
  if (kms === null) throw new Error('KMS_KEY is missing');
  afterAll(() => kms.close());
  const version = server.versionName();
  const { key } = await kms.publicKey(version);
  const sign = (input: Uint8Array) => kms.sign(version, input);
  return { signer: { kid: 'r1', algorithm: 'PS256', sign }, publicKey: key };
}
