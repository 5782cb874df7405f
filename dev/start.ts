/** `npm start`: brings the whole server up on this machine and tells its story. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { claim } from './platform/pid-file.ts';
import { removePostgresFolder } from './platform/postgres-folder.ts';
import { startStack, type Stack } from './stack.ts';
import { tellStory, type Step } from './story/tell.ts';

const help = `Usage: npm start -- [options]

Starts Postgres, Redis, Temporal, a stand-in for Cloud KMS, the API and the worker on this machine,
seeds a demo vendor, and tells the story of five seats and six copies. Then it stays up until Ctrl-C;
the next start goes on where this one ended.

  --once           end after the story: exit code 0 if every step happened as it must, else 1
  --json           one JSON line for each step on standard output; npm adds its own banner
                   there unless it is told to be silent: npm start -s -- --json
  --reset          begin again: removes the state in .leasehold
  --state FOLDER   keep the state there instead of in .leasehold
  --help           show this
`;

const options = readOptions();
const folder = options.state ?? fileURLToPath(new URL('../.leasehold', import.meta.url));

if (options.help) {
  process.stdout.write(help);
} else {
  process.exitCode = await run();
  // Nothing that runs may keep a stopped stack's process alive.
  process.exit();
}

function readOptions() {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const state = { type: 'string' } as const;
    return parseArgs({ options: { once: flag, json: flag, reset: flag, help: flag, state } })
      .values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(64);
  }
}

async function run(): Promise<number> {
  const stopAsked = new Promise<'stop'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        resolve('stop');
      });
    }
  });
  let unclaim: () => Promise<void>;
  let stack: Stack;
  try {
    unclaim = await claim(
      join(folder, 'start.pid'),
      'Leasehold already runs from this folder. Stop it first, or use another checkout.',
    );
    if (options.reset) await reset();
    stack = await startStack(folder, {
      progress: note,
      died: (part, why) => {
        note(`${part} ended (${why}) and is started again`);
      },
    });
  } catch (error) {
    return fail(error);
  }
  try {
    await writeStackFile(stack);
    const outcome = await Promise.race([story(stack), stopAsked]);
    if (options.once || outcome === 'stop') return outcome === 'failed' ? 1 : 0;
    showWhatNext(stack);
    await stopAsked;
    return 0;
  } finally {
    note('Stopping');
    await stack.stop();
    await unclaim();
  }
}

async function story(stack: Stack): Promise<'told' | 'failed'> {
  try {
    await tellStory(stack, showStep);
    return 'told';
  } catch (error) {
    fail(error);
    return 'failed';
  }
}

/** Programs find everything here; it holds keys, so only its owner may read it. */
async function writeStackFile(stack: Stack): Promise<void> {
  const { pids, demo, apiUrl, metricsUrl, workerMetricsUrl, temporalUiUrl, temporalAddress } =
    stack;
  const { tenantId, tenantKey, licenseId, licenseKey, product } = demo;
  const text = {
    apiUrl,
    metricsUrl,
    workerMetricsUrl,
    temporalUiUrl,
    temporalAddress,
    redisUrl: stack.redisUrl,
    databaseUrl: stack.databaseUrl,
    operatorKey: stack.operatorKey,
    dashboardUrl: null,
    mailUrl: null,
    stripeUrl: null,
    pids,
    demo: { tenantId, tenantKey, licenseId, licenseKey, product },
  };
  const file = join(folder, 'stack.json');
  await writeFile(file, `${JSON.stringify(text, null, 2)}\n`, { mode: 0o600 });
}

async function reset(): Promise<void> {
  await removePostgresFolder(join(folder, 'postgres'));
  for (const part of ['redis', 'temporal', 'kms', 'settings.json', 'stack.json']) {
    await rm(join(folder, part), { recursive: true, force: true });
  }
}

function showStep(step: Step): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...step })}\n`);
  } else {
    const time = new Date().toISOString().slice(11, 19);
    process.stdout.write(`${styleText('dim', time)}  ${step.step.padEnd(11)}  ${step.text}\n`);
  }
}

/** Progress goes to standard error, so that standard output is the story alone. */
function note(text: string): void {
  process.stderr.write(`${styleText('dim', text)}\n`);
}

function fail(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${styleText('red', 'Failed:')} ${message}\n`);
  process.stderr.write(`The logs are in ${folder}\n`);
  return 1;
}

function showWhatNext(stack: Stack): void {
  const { apiUrl, temporalUiUrl, demo } = stack;
  const sessions = `${temporalUiUrl}/namespaces/default/workflows`;
  process.stderr.write(`
Leasehold is up.
  API reference   ${apiUrl}/docs
  Sessions        ${sessions}
  Everything      ${join(folder, 'stack.json')}

Try a seat of the demo license in another terminal:
  LEASEHOLD_URL=${apiUrl} LEASEHOLD_LICENSE_KEY=${demo.licenseKey} \\
    npx leasehold run --product ${demo.product} --release 1.0.0 -- sleep 60

Ctrl-C stops it; the next npm start goes on from here.
`);
}
