import type { SessionAnswer, SessionRef, SessionTransport } from './transport.ts';

const timeoutMs = 2_000;

/** What opens the session of an answer that carried its credential. */
export function refOf({ session, credential }: SessionAnswer): SessionRef {
  return { id: session.id, credential: credential ?? '' };
}

/** Gives up what an answer granted, in one try: seat or place free themselves when it fails. */
export async function giveBack(transport: SessionTransport, answer: SessionAnswer): Promise<void> {
  await transport.releaseSession(refOf(answer), { timeoutMs }).catch(() => undefined);
}
