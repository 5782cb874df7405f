/**
 * Gives seats back when the program ends: when it has nothing left to do, or on a signal that nobody
 * else listens to. After `process.exit()` or a crash the seat frees itself once its lease is over.
 */

/** What is owed to the server when the program ends. */
export interface Releasable {
  release: () => Promise<unknown>;
}

const endings: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** A program that was told to stop does not wait longer for the server. */
const farewellMs = 2_000;

const owed = new Set<Releasable>();

/** @returns forgets it; call it once it is released or lost. */
export function releaseAtExit(releasable: Releasable): () => void {
  if (owed.size === 0) listen();
  owed.add(releasable);
  return () => {
    if (owed.delete(releasable) && owed.size === 0) stopListening();
  };
}

function listen(): void {
  process.on('beforeExit', onBeforeExit);
  for (const signal of endings) process.on(signal, onSignal);
}

function stopListening(): void {
  process.off('beforeExit', onBeforeExit);
  for (const signal of endings) process.off(signal, onSignal);
}

function onBeforeExit(): void {
  void releaseAll();
}

function releaseAll(): Promise<unknown> {
  return Promise.allSettled([...owed].map((releasable) => releasable.release()));
}

function onSignal(signal: NodeJS.Signals): void {
  // A program that listens itself has an end of its own in mind, and may need its seat until then.
  if (process.listenerCount(signal) > 1) return;
  const farewell = new Promise((resolve) => setTimeout(resolve, farewellMs));
  void Promise.race([releaseAll(), farewell]).then(() => {
    stopListening();
    // With nobody listening any more it does what it would have done without us.
    process.kill(process.pid, signal);
  });
}
