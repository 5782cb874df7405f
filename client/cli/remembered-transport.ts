import type { RememberedSeat } from '../memory.ts';
import { askerOf } from '../proven.ts';
import { createSessionTransport, type SessionTransport } from '../transport.ts';
import { createVerifier } from '../verifier.ts';

/** How a remembered seat's server is asked; where `LEASEHOLD_ROOTS` pins roots, only its own refusals count. */
export async function rememberedTransport({
  url,
  product,
  instanceKey,
}: RememberedSeat): Promise<SessionTransport> {
  const verifier = await createVerifier({}, { url, product }, process.env);
  return createSessionTransport(url, askerOf(verifier, instanceKey));
}
