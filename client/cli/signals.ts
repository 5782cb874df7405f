/** Signals that a command expects to be told of. */
const taken: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'];

export interface TakenSignals {
  /** Who is told from now on. */
  handle: (handler: (signal: NodeJS.Signals) => void) => void;
  stop: () => void;
}

/** Takes the signals that are meant for the command, so that the seat can still be given back. */
export function takeSignals(): TakenSignals {
  let current: (signal: NodeJS.Signals) => void = () => undefined;
  const listener = (signal: NodeJS.Signals) => {
    current(signal);
  };
  for (const signal of taken) process.on(signal, listener);
  return {
    handle(handler) {
      current = handler;
    },
    stop() {
      for (const signal of taken) process.off(signal, listener);
    },
  };
}

/**
 * Whether the command hears the signal without us: a terminal sends Ctrl-C and Ctrl-\ to every process
 * in front of it, and a program that hears Ctrl-C twice often drops its work.
 */
export function isSentByTerminal(signal: NodeJS.Signals): boolean {
  return (signal === 'SIGINT' || signal === 'SIGQUIT') && process.stdin.isTTY;
}
