import type { Redis } from 'ioredis';
import type { PoolRef } from '../domain/seat.ts';
import { changesChannel, keyCount, poolKeys } from './keys.ts';
import { loadScript, textAsIs, type LoadOptions } from './load.ts';
import { replyParser, type ReplyOf, type ReplyReaders } from './replies.ts';

export interface ScriptOptions extends LoadOptions {
  /**
   * For tests only: tells the scripts the time, in unix milliseconds. They are loaded with another
   * text for it, so that no argument can move the clock of those that production loads.
   */
  testClock?: () => number;
  /** Hears of each call that fails, before its caller does. */
  onFault?: (error: unknown) => void;
}

export type Argument = string | number;

/**
 * Registers a script with a client and answers the function that calls it: one round trip, by digest,
 * with the text sent along only when the server does not know it.
 *
 * @throws Error when the script cannot be loaded.
 */
export function defineScript<Table extends ReplyReaders>(
  redis: Redis,
  script: { file: string; readers: Table; options: ScriptOptions },
): (pool: PoolRef, args: readonly Argument[]) => Promise<ReplyOf<Table>> {
  const { testClock, onFault } = script.options;
  const lua = loadScript(
    `${script.file}.lua`,
    testClock ? withTestClock(script.options) : script.options,
  );
  redis.defineCommand(script.file, { lua, numberOfKeys: keyCount });
  const run = Reflect.get(redis, script.file) as (...args: Argument[]) => Promise<unknown>;
  const parse = replyParser(script.readers);
  return async (pool, args) => {
    const clock = testClock ? [testClock()] : [];
    try {
      const raw = await run.call(redis, ...poolKeys(pool), changesChannel, ...args, ...clock);
      return parse(raw);
    } catch (error) {
      onFault?.(error);
      throw error;
    }
  };
}

/** The guard of the injected clock: only a script loaded this way reads the time from its arguments. */
function withTestClock(options: LoadOptions): LoadOptions {
  const testNow = loadScript('include/test-now.lua');
  const { rewrite = textAsIs } = options;
  return {
    ...options,
    rewrite: (file, text) => rewrite(file, file === 'include/now.lua' ? testNow : text),
  };
}
