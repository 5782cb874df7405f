import type { Story, Violation } from './story.ts';

/** I11: when all is over the two stores name the same sessions, and nobody is owed a word. */
export function checkAgreement({ pools, ledger, undelivered, endsAt: at }: Story): Violation[] {
  const differing = pools.flatMap(({ licenseId, held, owed }) => {
    const open = ledger
      .filter((row) => row.licenseId === licenseId && row.endedAt === null)
      .map(({ id }) => id);
    const seen = new Set(held ?? []);
    const texts = [
      ...open.filter((id) => !seen.delete(id)).map((id) => `${id} is open in the ledger alone`),
      ...[...seen].map((id) => `${id} is held in Redis alone`),
      ...owed.map((id) => `the ledger has not acknowledged the end of ${id}`),
    ];
    return texts.map((text) => ({ rule: 'I11', at, text }));
  });
  if (undelivered === 0) return differing;
  const text = `${String(undelivered)} messages have reached no workflow`;
  return [...differing, { rule: 'I11', at, text }];
}
