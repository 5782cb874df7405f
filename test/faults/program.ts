import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HistoryEvent, Recorder } from './history.ts';
import type { Site } from './site.ts';

/** A client in a process of its own. */
export interface Program {
  kill: () => Promise<void>;
  pause: () => void;
  resume: () => void;
  skew: (ms: number) => void;
  /** Asks it to give back what it holds and to end; kills it when it takes longer than 12 s. */
  stop: () => Promise<void>;
}

const script = fileURLToPath(new URL('./client-program.ts', import.meta.url));
const stopMs = 12_000;

export interface ProgramPlan {
  name: string;
  seed: number;
  site: Site;
  url: string;
  recorder: Recorder;
  /** The roots that it trusts. */
  rootsFile: string;
}

/** Starts it; it runs until it is stopped or killed, and dies with this process. */
export function startProgram(plan: ProgramPlan): Program {
  const { name, seed, site, url, recorder, rootsFile } = plan;
  const { licenseId, licenseKey, product, queues } = site;
  const args = [script, name, String(seed), licenseId, queues ? 'wait' : 'no'];
  const child = spawn(process.execPath, args, {
    env: {
      ...process.env,
      LEASEHOLD_URL: url,
      LEASEHOLD_LICENSE_KEY: licenseKey,
      LEASEHOLD_PRODUCT: product,
      LEASEHOLD_VERSION: '1.0.0',
      LEASEHOLD_ROOTS: rootsFile,
      LICENSE_INSTANCE_ID: name,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const exited = once(child, 'exit');
  const endOrphan = () => child.kill('SIGKILL');
  process.once('exit', endOrphan);
  void exited.then(() => process.off('exit', endOrphan));
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    // The last line of one that was killed may be cut.
    if (line.endsWith('}')) recorder.append(JSON.parse(line) as HistoryEvent);
  });
  const say = (line: string) => child.stdin.writable && child.stdin.write(`${line}\n`);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  return {
    kill: () => end('SIGKILL'),
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    skew: (ms) => say(`skew ${String(ms)}`),
    async stop() {
      child.kill('SIGCONT');
      say('stop');
      const late = setTimeout(endOrphan, stopMs);
      await exited;
      clearTimeout(late);
    },
  };
}
