/** What a key has used of its present window, and when the next one begins. */
export interface Usage {
  used: number;
  resetsInMs: number;
}

export interface WindowCounter {
  /** Counts one more for the key. */
  add(key: string): Usage;
  /** What the key has used, without counting. */
  look(key: string): Usage;
}

/**
 * Counts by key in windows of one minute, in this process's memory. A window begins with its key's first
 * use. At most `keysMax` keys are kept: beyond, the window that began first is forgotten, so a flood of
 * strange keys costs a bounded memory and lets somebody off at worst.
 */
export function createWindowCounter({ keysMax }: { keysMax: number }): WindowCounter {
  const windows = new Map<string, { used: number; endsAt: number }>();

  function begin(key: string, now: number) {
    windows.delete(key);
    const [oldest] = windows.size < keysMax ? [] : windows.keys();
    if (oldest !== undefined) windows.delete(oldest);
    const window = { used: 0, endsAt: now + windowMs };
    windows.set(key, window);
    return window;
  }

  return {
    add(key) {
      const now = performance.now();
      const present = windows.get(key);
      const window = present === undefined || present.endsAt <= now ? begin(key, now) : present;
      window.used += 1;
      return { used: window.used, resetsInMs: window.endsAt - now };
    },
    look(key) {
      const now = performance.now();
      const window = windows.get(key);
      if (window === undefined || window.endsAt <= now) return { used: 0, resetsInMs: windowMs };
      return { used: window.used, resetsInMs: window.endsAt - now };
    },
  };
}

/** Length of every window here and in Redis. */
export const windowMs = 60_000;
