import pc from 'picocolors';
import type { LeaseholdError } from '../errors.ts';
import { denialOf, type RunEvent } from './events.ts';
import { exitCodeOfError } from './exit-codes.ts';
import { LiveLine } from './live-line.ts';
import { duration, explainError, queueLine } from './words.ts';

/** Tells of a run. Everything goes to one stream; standard output belongs to the command. */
export interface Reporter {
  tell: (event: RunEvent) => void;
  /** @returns the exit code of the failure. */
  fail: (error: LeaseholdError) => number;
}

type Output = NodeJS.WriteStream;

/** One JSON object a line. */
export function createJsonReporter(output: Output): Reporter {
  const tell = (event: RunEvent) => {
    output.write(`${JSON.stringify({ ...event, at: new Date() })}\n`);
  };
  return {
    tell,
    fail(error) {
      const exitCode = exitCodeOfError(error);
      tell({ event: 'failed', exitCode, ...denialOf(error) });
      return exitCode;
    },
  };
}

/** Words for people: silent while all is well, one line that moves while waiting. */
export function createTextReporter(output: Output, environment: NodeJS.ProcessEnv): Reporter {
  const colors = pc.createColors(output.isTTY && environment['NO_COLOR'] === undefined);
  const name = colors.dim('leasehold:');
  const live = new LiveLine(output);
  const say = (line: string) => {
    live.end();
    output.write(`${name} ${line}\n`);
  };
  let waitingSince: number | null = null;
  let isRetrying = false;
  return {
    tell(event) {
      switch (event.event) {
        case 'queued': {
          isRetrying = false;
          const since = (waitingSince ??= performance.now());
          live.show(() => `${name} ${queueLine(event, (performance.now() - since) / 1000)}`);
          return;
        }
        case 'retrying':
          // Once for each outage.
          if (!isRetrying) say(colors.yellow(`${event.detail} Trying again.`));
          isRetrying = true;
          return;
        case 'acquired':
          if (waitingSince !== null) say(colors.green('A seat is free: it is yours.'));
          return;
        case 'degraded':
          say(colors.yellow(`${event.detail} The seat is kept; trying again.`));
          return;
        case 'grace': {
          const left = duration(event.leftSeconds);
          say(colors.yellow(`${event.detail} This may go on for ${left}.`));
          return;
        }
        case 'expired':
          say(
            colors.yellow(
              'The lease is over, nothing proves a right to go on, and the server still does not answer.',
            ),
          );
          return;
        case 'tampered':
          say(
            colors.yellow(
              `A lease came without good proof (${event.part}: ${event.fault}). The seat is kept; check the pinned roots and the network.`,
            ),
          );
          return;
        case 'revoked':
          say(
            colors.yellow(
              `What proved the lease was revoked (${event.fault}). The seat is kept while the server answers.`,
            ),
          );
          return;
        case 'recovered':
          say(colors.green('The server answers again, the seat is kept.'));
          return;
        case 'lost':
          say(colors.red(`The seat is lost: ${event.detail}`));
          say(event.isStopping ? 'Stopping the command.' : 'The command goes on without a seat.');
          return;
        case 'released':
          if (!event.confirmed) {
            say('The server could not be told; the seat frees itself when its lease is over.');
          }
          return;
        case 'exited':
          if (event.problem !== null) say(colors.red(event.problem));
          return;
        case 'interrupted':
        case 'started':
        case 'failed':
          live.end();
          return;
      }
    },
    fail(error) {
      const [headline = '', ...rest] = explainError(error, Date.now());
      say(colors.red(headline));
      for (const line of rest) say(line);
      return exitCodeOfError(error);
    },
  };
}
