import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const lineSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('queued'), position: z.int(), length: z.int() }),
  z.object({ event: z.literal('granted'), sessionId: z.string(), leaseUntil: z.string() }),
  z.object({ event: z.literal('lost'), reason: z.string().nullable() }),
  z.object({ event: z.literal('released') }),
]);
type Line = z.output<typeof lineSchema>;
export type LineOf<Event extends Line['event']> = Extract<Line, { event: Event }>;

/** A copy of the program in a process of its own. */
export interface Copy {
  name: string;
  /** The next line of that kind, or one that has come already. */
  heard: <Event extends Line['event']>(event: Event) => Promise<LineOf<Event>>;
  /** Asks it to stop; it gives its seat back first. */
  stop: () => Promise<void>;
  /** SIGKILL: it says nothing to anybody. */
  kill: () => Promise<void>;
}

export interface CopyPlace {
  name: string;
  apiUrl: string;
  licenseKey: string;
  product: string;
  instanceKey: string;
}

/** Longest wait for anything that a copy is to say. */
const patienceMs = 60_000;

/** Starts a copy; it runs until it is stopped or killed. */
export function runCopy({ name, apiUrl, licenseKey, product, instanceKey }: CopyPlace): Copy {
  const script = fileURLToPath(new URL('./copy.ts', import.meta.url));
  const child = spawn(process.execPath, [script], {
    env: {
      ...process.env,
      LEASEHOLD_URL: apiUrl,
      LEASEHOLD_LICENSE_KEY: licenseKey,
      LEASEHOLD_PRODUCT: product,
      LEASEHOLD_VERSION: '1.0.0',
      LEASEHOLD_INSTANCE_KEY: instanceKey,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const exited = once(child, 'exit');
  // An interrupted story leaves no copy behind.
  const endOrphan = () => child.kill('SIGKILL');
  process.once('exit', endOrphan);
  void exited.then(() => process.off('exit', endOrphan));
  const lines: Line[] = [];
  const news = new EventEmitter();
  let complaint = '';
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(lineSchema.parse(JSON.parse(text)));
    news.emit('line');
  });
  child.stderr.on('data', (data: Buffer) => {
    complaint = (complaint + data.toString()).slice(-2_000);
  });

  async function heard<Event extends Line['event']>(event: Event): Promise<LineOf<Event>> {
    const deadline = AbortSignal.timeout(patienceMs);
    for (;;) {
      const line = lines.find((candidate): candidate is LineOf<Event> => candidate.event === event);
      if (line !== undefined) return line;
      const gone = exited.then(() => {
        throw new Error(`${name} ended before it was ${event}: ${complaint}`);
      });
      await Promise.race([once(news, 'line', { signal: deadline }), gone]);
    }
  }

  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  return { name, heard, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}
