import type * as verifyModule from './verify/index.ts';
import type { KnownRevocations, Learned, RootTrust } from './verify/index.ts';
import { fetchRevocations, fetchRootLists } from './well-known.ts';

type Lists = Pick<typeof verifyModule, 'learnFrom' | 'noList'>;

/** Whatever a server says, its lists are asked for no more often. */
const pauseMs = 60_000;

/**
 * What a program trusts while it runs: it begins with its pins, learns of further roots from lists that
 * roots it trusts have signed, and of what is revoked. What comes from the server is believed for its
 * signatures alone; when it cannot be had, nothing changes.
 */
export class LearnedTrust {
  readonly #lists: Lists;
  readonly #url: string;
  #learned: Learned;
  #learntAt = -Infinity;
  #learning: Promise<void> | null = null;

  constructor(pinned: RootTrust, options: { lists: Lists; url: string }) {
    this.#learned = { trust: pinned, known: options.lists.noList };
    this.#lists = options.lists;
    this.#url = options.url;
  }

  get trust(): RootTrust {
    return this.#learned.trust;
  }

  get known(): KnownRevocations {
    return this.#learned.known;
  }

  /** Asks for the newest lists, or joins who asks; at most once a minute. Never rejects. */
  learn(): Promise<void> {
    if (this.#learning !== null) return this.#learning;
    if (performance.now() - this.#learntAt < pauseMs) return Promise.resolve();
    this.#learning = this.#learn().finally(() => {
      this.#learntAt = performance.now();
      this.#learning = null;
    });
    return this.#learning;
  }

  async #learn(): Promise<void> {
    const [roots, revocations] = await Promise.all([
      fetchRootLists(this.#url).catch(() => []),
      fetchRevocations(this.#url).catch(() => null),
    ]);
    const at = Math.floor(Date.now() / 1000);
    this.#learned = await this.#lists.learnFrom({ roots, revocations }, this.#learned, at);
  }
}
