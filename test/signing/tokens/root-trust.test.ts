/**
 * A vendor that rotates its roots, a thief who holds one of them and tells the client what he likes, and the
 * revocation that ends it, in every order.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  learnedNothing,
  learnFrom,
  type Learned,
  type SignedLists,
} from '../../../signing/tokens/learning.ts';
import { makeRevocationList } from '../../../signing/tokens/revocation-list.ts';
import { makeRootList, trustPinned } from '../../../signing/tokens/root-list.ts';
import { givenForgedRoot, givenRoot, type HeldRoot } from '../../support/roots.ts';

const at = 1_800_000_000;
const issuer = 'https://licenses.example.com';
/** Root n is the n-th of them. */
const honest = [1, 2, 3, 4, 5].map(givenRoot);
/** Two of his own, and one by the name of a root that is to come. */
const creatures = [givenRoot(8), givenRoot(9), givenForgedRoot('root-4')];
const everybody = [...honest, ...creatures];
const rootOf = (n: number) => honest[n - 1] ?? givenRoot(n);

/** What a client is shown; what was signed once need not be again. */
const signed = new Map<string, Promise<string>>();
function once(name: string, sign: () => Promise<string>): Promise<string> {
  const token = signed.get(name) ?? sign();
  signed.set(name, token);
  return token;
}

function rootList(by: HeldRoot, roots: readonly HeldRoot[]): Promise<string> {
  const keys = roots.map(({ jwk }) => ({ ...jwk, not_before: at }));
  return once(`roots ${nameOf(by)}: ${roots.map(nameOf).join()}`, () =>
    makeRootList(by.signer, { issuer, seq: 1, keys, at }),
  );
}

function revocations(by: HeldRoot, seq: number, keys: readonly string[]): Promise<string> {
  const nothing = { licenses: [], leases: [] };
  return once(`revoked ${nameOf(by)} ${seq}: ${keys.join()}`, () =>
    makeRevocationList(by.signer, { issuer, seq, at, keys: [...keys], ...nothing }),
  );
}

function nameOf({ jwk }: HeldRoot): string {
  return `${jwk.kid}${jwk.n.slice(0, 8)}`;
}

class Client {
  #learned: Learned;

  constructor(pins: readonly number[]) {
    this.#learned = learnedNothing(trustPinned({ keys: pins.map((n) => rootOf(n).jwk) }));
  }

  async take(shown: Partial<SignedLists>): Promise<void> {
    this.#learned = await learnFrom({ roots: [], revocations: null, ...shown }, this.#learned, at);
  }

  trusts({ jwk }: HeldRoot): boolean {
    const { trust, known } = this.#learned;
    const { key } = trust.roots.get(jwk.kid) ?? {};
    const isThere = key !== undefined && 'n' in key && key.n === jwk.n;
    return isThere && !known.revoked.keys.has(jwk.kid);
  }
}

/** Each root signs one list when its time begins: of those that are not revoked and the one that follows. */
class Vendor {
  readonly #lists: Promise<string>[] = [];
  readonly #revoked = new Set<number>();
  present = 0;

  constructor() {
    this.rotate();
  }

  rotate(): void {
    this.present += 1;
    const numbers = [1, 2, 3, 4, 5].slice(0, this.present + 1);
    const listed = numbers.filter((n) => !this.#revoked.has(n)).map(rootOf);
    this.#lists.push(rootList(rootOf(this.present), listed));
  }

  /** When that root's time has come, the next one takes over at the latest. */
  revoke(n: number): void {
    while (this.present < n) this.rotate();
    this.#revoked.add(n);
    if (this.present === n) this.rotate();
  }

  /** All that it publishes. @returns the roots that the client has by the vendor's own word. */
  async serve(client: Client): Promise<HeldRoot[]> {
    const keys = [...this.#revoked].map((n) => `root-${n}`);
    await client.take({
      roots: await Promise.all(this.#lists),
      revocations: await revocations(rootOf(this.present), this.present, keys),
    });
    return honest.slice(0, this.present).flatMap((root, n) => listedBy(root, n + 1, client));
  }

  /** One of its lists, as whoever recorded it may show it at any time. */
  async show(client: Client, index: number): Promise<HeldRoot[]> {
    const n = (index % this.#lists.length) + 1;
    await client.take({ roots: [(await this.#lists[n - 1]) ?? ''] });
    return listedBy(rootOf(n), n, client);
  }
}

function listedBy(signer: HeldRoot, n: number, client: Client): HeldRoot[] {
  return client.trusts(signer) ? honest.slice(0, n + 1) : [];
}

type Step =
  | { readonly act: 'rotate' | 'serve' }
  | { readonly act: 'show'; readonly index: number }
  | { readonly act: 'list'; readonly by: number; readonly roots: readonly number[] }
  | { readonly act: 'revoke'; readonly by: number; readonly keys: readonly string[] };

const kids = [...new Set(everybody.map(({ jwk }) => jwk.kid))];
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>({ act: 'rotate' }, { act: 'serve' }),
  fc.record({ act: fc.constant('show' as const), index: fc.nat(4) }),
  fc.record({
    act: fc.constant('list' as const),
    by: fc.nat(3),
    roots: fc.uniqueArray(fc.nat(everybody.length - 1), {
      ...{ minLength: 1, maxLength: 4, selector: (index) => everybody[index]?.jwk.kid },
    }),
  }),
  fc.record({
    act: fc.constant('revoke' as const),
    by: fc.nat(3),
    keys: fc.uniqueArray(fc.constantFrom(...kids), { minLength: 1, maxLength: 3 }),
  }),
);

const story = fc.record({
  pins: fc.constantFrom([1], [2, 3], [1, 2], [1, 3]),
  stolen: fc.constantFrom(1, 2, 3),
  steps: fc.array(step, { maxLength: 14 }),
});

test('a thief takes away no successor that a client knew before he spoke, and all that is his falls with his root', async () => {
  let ended = 0;
  await fc.assert(
    fc.asyncProperty(story, async ({ pins, stolen, steps }) => {
      const [client, vendor] = [new Client(pins), new Vendor()];
      const thief = [rootOf(stolen), ...creatures];
      const newer = honest.slice(stolen);
      /** Successors that the client knew when the thief added something first. */
      let before: readonly HeldRoot[] | null = null;
      /** Whether he spoke too late to come between his root and this one. */
      const isSafe = (root: HeldRoot) =>
        newer.slice(0, newer.indexOf(root) + 1).some((one) => before?.includes(one) ?? true);
      const owed = new Set(pins.map(rootOf));
      for (const told of steps) {
        const known = newer.filter((root) => owed.has(root) && client.trusts(root));
        if (told.act === 'rotate' && vendor.present < 3) vendor.rotate();
        if (told.act === 'serve') for (const root of await vendor.serve(client)) owed.add(root);
        if (told.act === 'show') {
          for (const root of await vendor.show(client, told.index)) owed.add(root);
        }
        if (told.act !== 'list' && told.act !== 'revoke') continue;
        const by = thief[told.by] ?? rootOf(stolen);
        if (told.act === 'list') {
          if (client.trusts(by)) before ??= known;
          const roots = told.roots.flatMap((index) => everybody[index] ?? []);
          await client.take({ roots: [await rootList(by, roots)] });
        } else await client.take({ revocations: await revocations(by, 1_000_000, told.keys) });
        for (const root of known) if (isSafe(root)) expect(client.trusts(root)).toBe(true);
      }
      vendor.revoke(stolen);
      await vendor.serve(client);
      if (!isSafe(rootOf(vendor.present))) return;
      ended += 1;
      expect(thief.filter((root) => client.trusts(root)).map(nameOf)).toEqual([]);
      const standing = honest.slice(0, vendor.present + 1).filter((root) => root !== thief[0]);
      expect(standing.filter((root) => !client.trusts(root)).map(nameOf)).toEqual([]);
    }),
    { numRuns: 300 },
  );
  expect(ended).toBeGreaterThan(100);
});
