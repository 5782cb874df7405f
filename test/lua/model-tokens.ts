/**
 * The offline rights that a pool gave away, by what it answered, and the tokens that clients hold by them;
 * and what must hold for both: I2. It knows of no rule by which the scripts or the model decide.
 */
import { expect } from 'vitest';
import type { Redis } from 'ioredis';
import { poolKeys } from '../../lua/keys.ts';
import type { Clock, Seats } from './given-seats.ts';
import type { Row } from './model-ledger.ts';

interface Token {
  sessionId: string;
  holder: string;
  device: string;
  keepsRights: boolean;
  until: number;
  /** If not, nobody heard of it: the right was given, and its caller died before it was recorded. */
  isOut: boolean;
}

export class Tokens {
  readonly #redis: Redis;
  readonly #clock: Clock;
  #given: Token[] = [];
  /** Devices that had rights at the last step. */
  #before = new Set<string>();

  constructor(redis: Redis, clock: Clock) {
    this.#redis = redis;
    this.#clock = clock;
  }

  add(token: Token): void {
    this.#given.push(token);
  }

  /**
   * What nobody heard of is gone with a restore; open sessions have again what they had, also if it was over
   * by then.
   */
  noteRestore(open: readonly Row[]): void {
    this.#given = this.#given.filter(({ isOut }) => isOut);
    for (const { id: sessionId, holder, device, keepsRights, rightsMs } of open) {
      if (rightsMs === null) continue;
      const until = this.#clock.now + rightsMs;
      this.#given.push({ sessionId, holder, device, keepsRights, until, isOut: false });
      this.#before.add(device);
    }
  }

  /** Rights are the session's until its end, with its last holder; a token is gone with its own. */
  giveBack({ sessionId, holder, isLast }: { sessionId: string; holder: string; isLast: boolean }) {
    const kept = this.#given.map((token) => {
      const isGivenBack = token.sessionId === sessionId && token.holder === holder;
      return isGivenBack && !token.keepsRights ? { ...token, isOut: false } : token;
    });
    this.#given = isLast
      ? kept.filter((token) => token.isOut || token.keepsRights || token.sessionId !== sessionId)
      : kept;
  }

  /** @param expected until when each device has rights by the model. */
  async check({ pool, config }: Seats, expected: ReadonlyMap<string, number>): Promise<void> {
    const { now } = this.#clock;
    const [hardKey = ''] = poolKeys(pool).filter((key) => key.endsWith(':hard'));
    const flat = await this.#redis.zrangebyscore(hardKey, `(${now}`, '+inf', 'WITHSCORES');
    const rights = new Map<string, number>();
    for (let i = 0; i < flat.length; i += 2) rights.set(flat[i] ?? '', Number(flat[i + 1]));
    expect(rights, 'Redis holds the rights that the model holds').toEqual(new Map(expected));
    this.#given = this.#given.filter(({ until }) => until > now);
    const uncovered = this.#given.filter(
      ({ device, until, isOut }) => isOut && until > (rights.get(device) ?? 0),
    );
    expect(uncovered, 'I2: rights cover every token that is out').toEqual([]);
    const devices = new Set(this.#given.map(({ device }) => device));
    const added = [...devices].filter((device) => !this.#before.has(device));
    if (added.length > 0) {
      expect(devices.size, 'I2: no more than seats and offline allowance').toBeLessThanOrEqual(
        config.limit + config.offlineAllowance,
      );
    }
    this.#before = devices;
  }
}
