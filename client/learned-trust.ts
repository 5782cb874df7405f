import { misconfigured } from './errors.ts';
import { keepLists, readLists } from './learned-lists.ts';
import type * as verifyModule from './verify/index.ts';
import type { KnownRevocations, Learned, RootTrust, SignedLists } from './verify/index.ts';
import { fetchRevocations, fetchRootLists } from './well-known.ts';

/** The part that believes or refuses, which is loaded when there are pins. */
type Verifying = Pick<
  typeof verifyModule,
  'learnedNothing' | 'learnFrom' | 'recognise' | 'trustRoots' | 'verifyRevocationList'
>;

export interface TrustOptions {
  /** The JWK Set that is pinned. */
  readonly keySet: unknown;
  /** Whose lists are kept; null: none are. */
  readonly product: string | null;
  readonly environment: NodeJS.ProcessEnv;
}

/** Whatever a server says, its lists are asked for no more often. */
const pauseMs = 60_000;

/**
 * What programs of a product trust: it begins with the pins and the lists that were kept, learns of further
 * roots from lists that roots it trusts have signed, and of what is revoked, and keeps those lists in turn. What
 * comes from a server or a file is believed for its signatures alone; when it cannot be had, nothing changes.
 */
export class LearnedTrust {
  readonly #verifying: Verifying;
  readonly #options: TrustOptions;
  #learned: Learned;
  #learntAt = -Infinity;
  #learning: Promise<void> | null = null;

  /** @throws LeaseholdError `misconfigured` when the pins cannot be used. */
  static async open(verifying: Verifying, options: TrustOptions): Promise<LearnedTrust> {
    const { product, environment } = options;
    const opened = new LearnedTrust(verifying, options);
    if (product !== null) await opened.#learnFrom(readLists(product, environment));
    return opened;
  }

  private constructor(verifying: Verifying, options: TrustOptions) {
    this.#learned = verifying.learnedNothing(verifying.trustRoots(options.keySet));
    this.#verifying = verifying;
    this.#options = options;
  }

  get trust(): RootTrust {
    return this.#learned.trust;
  }

  get known(): KnownRevocations {
    return this.#learned.known;
  }

  /** Asks a server for the newest lists, or joins who asks; at most once a minute. Never rejects. */
  learn(url: string): Promise<void> {
    if (this.#learning !== null) return this.#learning;
    if (performance.now() - this.#learntAt < pauseMs) return Promise.resolve();
    this.#learning = this.#learn(url).finally(() => {
      this.#learntAt = performance.now();
      this.#learning = null;
    });
    return this.#learning;
  }

  /**
   * Takes in a revocation list that was carried here: the token, or the answer of a server that has it. One
   * that is older than what is known changes nothing.
   *
   * @throws LeaseholdError `misconfigured` when it is not good itself.
   */
  async takeRevocations(text: string): Promise<void> {
    const { recognise, verifyRevocationList } = this.#verifying;
    const found = recognise(text);
    const revocations = found?.kind === 'revocation_list' ? found.token : '';
    const { trust, known } = this;
    const check = await verifyRevocationList(revocations, { trust, known, at: now() });
    if (check.isGood) await this.#learnFrom({ roots: [], revocations });
    else if (check.fault !== 'older') {
      throw misconfigured(`The revocation list is not good itself (${check.fault}).`);
    }
  }

  /** Keeps what was learned, and takes in what another program has learned meanwhile. */
  async keep(): Promise<void> {
    const { product, environment } = this.#options;
    if (product === null) return;
    const kept = readLists(product, environment);
    await this.#learnFrom(kept);
    const { lists } = this.#learned;
    if (JSON.stringify(lists) !== JSON.stringify(kept)) keepLists(product, lists, environment);
  }

  async #learn(url: string): Promise<void> {
    const [roots, revocations] = await Promise.all([
      fetchRootLists(url).catch(() => []),
      fetchRevocations(url).catch(() => null),
    ]);
    await this.#learnFrom({ roots, revocations });
    await this.keep();
  }

  async #learnFrom(lists: SignedLists): Promise<void> {
    this.#learned = await this.#verifying.learnFrom(lists, this.#learned, now());
  }
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
