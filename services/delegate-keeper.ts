/**
 * Has the present delegate in memory, in each process. It is read from Postgres every half minute, so that a new
 * one is in use within a minute of its making, and Cloud KMS may be away while every process starts anew.
 *
 * Making the next one is the business of the Schedule `renew-delegate`. Where there is none, at the first
 * start of all, and where nobody has renewed it for 18 hours, because there is no Temporal, the keeper
 * makes it itself.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { listSigningDelegates, type DelegateRecord } from '../data/signing-keys.ts';
import { createDelegateSigner } from '../signing/delegate-signer.ts';
import type { Delegate, DelegateSource } from '../signing/delegate.ts';
import { openDelegate } from '../signing/sealed-delegate.ts';
import { delegateLife } from '../signing/tokens/certificate.ts';
import type { Deps } from './deps.ts';
import { renewDelegate } from './renew-delegate.ts';

/** Keeps the delegate of a process until it is closed. */
export interface DelegateKeeper extends DelegateSource {
  /** Resolves when it has looked once, whether or not it found one. */
  readonly firstLook: Promise<void>;
  /** Looks now whether there is another one; keeps what it has when Postgres does not answer. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

type KeeperDeps = Pick<Deps, 'db' | 'systemDb' | 'kms' | 'signing' | 'log' | 'metrics' | 'reached'>;

const lookEveryMs = 20_000;
/** So that many processes do not ask as one. */
const jitterMs = 8_000;
/** First pause after a delegate could not be made; it doubles up to `lookEveryMs`. */
const retryMs = 1_000;
/** Less time to sign than this, and nobody else renews it. */
const lastResortSeconds = delegateLife.signSeconds / 4;

/**
 * Begins to keep the delegate; the first look is on its way. Where neither seal keys nor KMS are set it does
 * nothing: nothing is signed.
 */
export function createDelegateKeeper(deps: KeeperDeps): DelegateKeeper {
  const { db, log, metrics, signing, kms } = deps;
  const isSigning = signing.sealKeys.length > 0;
  const closing = new AbortController();
  let held: (Delegate & { kid: string }) | null = null;
  let failures = 0;
  /** Delegates that could not be opened: each is told once. */
  const unopened = new Set<string>();

  const present = () => (held !== null && Date.now() < held.signUntil * 1_000 ? held : null);
  const secondsLeft = () => Math.max(0, (present()?.signUntil ?? 0) - Date.now() / 1_000);

  function open(record: DelegateRecord): (Delegate & { kid: string }) | null {
    const { kid, certificate, signUntil } = record;
    try {
      const privateKey = openDelegate(signing.sealKeys, record);
      const signer = createDelegateSigner({ kid, privateKey });
      return { kid, signer, certificate, signUntil: signUntil.getTime() / 1_000 };
    } catch (error) {
      if (!unopened.has(kid)) log.error({ err: error, kid }, 'A delegate cannot be opened');
      unopened.add(kid);
      return null;
    }
  }

  async function refresh(): Promise<void> {
    try {
      // None at all is news, too: what was held may have been revoked.
      held = pick(await listSigningDelegates(db, new Date()));
    } catch (error) {
      log.warn({ err: error }, 'The delegate cannot be looked up; the one that is known goes on');
    }
  }

  function pick(records: readonly DelegateRecord[]): typeof held {
    for (const record of records) {
      const delegate = record.kid === held?.kid ? held : open(record);
      if (delegate === null) continue;
      if (delegate !== held) log.info({ kid: delegate.kid }, 'A delegate signs from now on');
      return delegate;
    }
    return null;
  }

  async function makeIfNobodyDid(): Promise<void> {
    if (kms === null || secondsLeft() > lastResortSeconds) return;
    try {
      await renewDelegate(deps);
      await refresh();
      failures = 0;
    } catch (error) {
      failures += 1;
      log.warn({ err: error, failures }, 'No delegate can be made; nothing is signed without one');
    }
  }

  async function keepLooking(): Promise<void> {
    for (let looking = firstLook; !closing.signal.aborted; looking = refresh()) {
      await looking;
      await makeIfNobodyDid();
      const pauseMs =
        failures === 0
          ? lookEveryMs + Math.random() * jitterMs
          : Math.min(retryMs * 2 ** (failures - 1), lookEveryMs);
      await delay(pauseMs, undefined, { signal: closing.signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  if (isSigning) metrics.onScrape(() => metrics.delegateSecondsLeft.set(secondsLeft()));
  const firstLook = isSigning ? refresh() : Promise.resolve();
  const keeping = isSigning ? keepLooking() : Promise.resolve();
  return {
    ...{ current: present, firstLook, refresh },
    async close() {
      closing.abort();
      await keeping;
    },
  };
}
