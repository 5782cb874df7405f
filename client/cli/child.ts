import { spawn } from 'node:child_process';
import { exitCodeOfSignal, exitCodes } from './exit-codes.ts';

/** How a command ended, as a shell would say it. */
export interface ChildEnd {
  exitCode: number;
  signal: NodeJS.Signals | null;
  /** Why it could not be run at all. */
  problem: string | null;
}

export interface Child {
  /** Undefined when it could not be started. */
  pid: number | undefined;
  ended: Promise<ChildEnd>;
  kill: (signal: NodeJS.Signals) => void;
}

/** Runs the command with our own input and outputs, so that it cannot tell that we are there. */
export function startChild(command: string[], environment: NodeJS.ProcessEnv): Child {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: 'inherit', env: environment });
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      resolve({
        exitCode: isMissing ? exitCodes.notFound : exitCodes.cannotRun,
        signal: null,
        problem: isMissing
          ? `There is no command "${file}".`
          : `"${file}" cannot be run: ${error.message}`,
      });
    });
    child.once('exit', (code, signal) => {
      const exitCode = signal === null ? (code ?? 0) : exitCodeOfSignal(signal);
      resolve({ exitCode, signal, problem: null });
    });
  });
  return {
    pid: child.pid,
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
  };
}
