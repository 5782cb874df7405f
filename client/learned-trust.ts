import type * as verifyModule from './verify/index.ts';
import type { KnownRevocations, RootTrust } from './verify/index.ts';
import { fetchRevocations, fetchRootLists } from './well-known.ts';

type Lists = Pick<typeof verifyModule, 'noList' | 'verifyRevocationList' | 'walkRootLists'>;

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
  #trust: RootTrust;
  #known: KnownRevocations;
  #learntAt = -Infinity;
  #learning: Promise<void> | null = null;

  constructor(pinned: RootTrust, options: { lists: Lists; url: string }) {
    this.#trust = pinned;
    this.#lists = options.lists;
    this.#url = options.url;
    this.#known = options.lists.noList;
  }

  get trust(): RootTrust {
    return this.#trust;
  }

  get known(): KnownRevocations {
    return this.#known;
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
    const { verifyRevocationList, walkRootLists } = this.#lists;
    const [lists, revocations] = await Promise.all([
      fetchRootLists(this.#url).catch(() => []),
      fetchRevocations(this.#url).catch(() => null),
    ]);
    const at = Math.floor(Date.now() / 1000);
    const { keys } = this.#known.revoked;
    this.#trust = await walkRootLists(lists, { trust: this.#trust, revoked: keys, at });
    if (revocations === null) return;
    const check = await verifyRevocationList(revocations, {
      ...{ trust: this.#trust, known: this.#known, at },
    });
    if (!check.isGood) return;
    this.#trust = check.trust;
    this.#known = check.list;
  }
}
