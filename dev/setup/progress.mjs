/**
 * What setup tells the person who waits: nothing about what takes under two seconds, then one line
 * that shows that it goes on. Everything goes to standard error, so that `--json` output stays
 * clean.
 */

const quietMs = 2_000;
const spinnerMs = 120;
const reminderMs = 20_000;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** A failure whose message says in one sentence what to do; setup prints it without a stack. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/**
 * Runs a step, and tells about it once it has taken two seconds.
 * @template T
 * @param {string} title what is being done: "Installing the npm packages"
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const startedAt = Date.now();
  const teller = process.stderr.isTTY ? spinner(title, startedAt) : lines(title, startedAt);
  const quiet = setTimeout(teller.begin, quietMs);
  try {
    const result = await work();
    teller.end('done in');
    return result;
  } catch (error) {
    teller.end('failed after');
    throw error;
  } finally {
    clearTimeout(quiet);
  }
}

/**
 * @typedef {{ begin: () => void, end: (outcome: string) => void }} Teller
 */

/**
 * @param {string} title
 * @param {number} startedAt
 * @returns {Teller}
 */
function spinner(title, startedAt) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let frame = 0;
  const draw = () => {
    frame = (frame + 1) % frames.length;
    process.stderr.write(`\r${frames[frame] ?? ''} ${title} … ${seconds(startedAt)}\u001b[K`);
  };
  return {
    begin: () => {
      timer = setInterval(draw, spinnerMs);
    },
    end: (outcome) => {
      if (timer === undefined) return;
      clearInterval(timer);
      process.stderr.write(`\r${title}: ${outcome} ${seconds(startedAt)}\u001b[K\n`);
    },
  };
}

/**
 * @param {string} title
 * @param {number} startedAt
 * @returns {Teller}
 */
function lines(title, startedAt) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  return {
    begin: () => {
      console.error(`${title} …`);
      timer = setInterval(() => {
        console.error(`${title} … ${seconds(startedAt)}`);
      }, reminderMs);
    },
    end: (outcome) => {
      if (timer === undefined) return;
      clearInterval(timer);
      console.error(`${title}: ${outcome} ${seconds(startedAt)}`);
    },
  };
}

/**
 * @param {number} startedAt
 * @returns {string}
 */
function seconds(startedAt) {
  return `${String(Math.round((Date.now() - startedAt) / 1_000))} s`;
}
