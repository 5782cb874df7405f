/**
 * Replays a Dockerfile without an engine: each stage becomes a folder whose root stands for `/`, the
 * base image's Node and npm are this machine's. It knows what our Dockerfile uses and refuses the rest.
 */
import { execFile } from 'node:child_process';
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  readFile,
  readdir,
  realpath,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, matchesGlob, relative } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../../dev/setup/places.mjs';

const run = promisify(execFile);
const runMs = 120_000;

/** What an engine would keep of a stage. */
export interface Stage {
  /** The folder that stands for `/`. */
  root: string;
  workdir: string;
  user: string;
  env: Record<string, string>;
  args: Record<string, string>;
  labels: Record<string, string>;
  ports: string[];
  stopSignal: string | null;
  healthCheck: string[];
  command: string[];
}

export interface Build {
  /** What COPY reads. */
  context: string;
  /** Stages and the base image's programs are made here. */
  scratch: string;
}

/** Runs every instruction. @returns the last stage. */
export async function replayDockerfile(text: string, build: Build): Promise<Stage> {
  const ignored = await readIgnoreFile(build.context);
  await layBaseImage(build.scratch);
  const stages = new Map<string, Stage>();
  let stage: Stage | null = null;
  for (const [instruction, rest] of instructionsOf(text)) {
    if (instruction === 'FROM') {
      const [image = '', , name = String(stages.size)] = rest.split(/\s+/);
      if (!/^node:24-[\w-]*slim$/.test(image)) throw new Error(`Unknown base image ${image}`);
      stage = await newStage(join(build.scratch, name));
      stages.set(name, stage);
      continue;
    }
    if (stage === null) throw new Error(`${instruction} before FROM`);
    await apply(instruction, rest, { stage, stages, build, ignored });
  }
  if (stage === null) throw new Error('No stage');
  return stage;
}

/** Where programs of the base image are, for an environment's PATH. */
export function programsOf({ scratch }: Pick<Build, 'scratch'>): string {
  return `${join(scratch, 'programs')}:/usr/bin:/bin`;
}

/** Node is copied: another user may not enter the folder that ours is in. */
async function layBaseImage(scratch: string): Promise<void> {
  const folder = join(scratch, 'programs');
  await mkdir(folder, { recursive: true });
  await copyFile(process.execPath, join(folder, 'node'));
  const npm = findOnPath('npm');
  if (npm === null) throw new Error('npm is missing');
  const script = `#!/bin/sh\nexec '${join(folder, 'node')}' '${await realpath(npm)}' "$@"\n`;
  await writeFile(join(folder, 'npm'), script);
  await Promise.all(['node', 'npm'].map((name) => chmod(join(folder, name), 0o755)));
}

async function newStage(root: string): Promise<Stage> {
  await mkdir(root);
  return {
    ...{ root, workdir: '/', user: 'root', env: {}, args: {}, labels: {}, ports: [] },
    ...{ stopSignal: null, healthCheck: [], command: [] },
  };
}

/** Instructions with their arguments; continued lines are one, comments are gone. */
function instructionsOf(text: string): [string, string][] {
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'));
  const whole = lines.join('\n').replace(/\\\n\s*/g, ' ');
  return whole.split('\n').flatMap((line): [string, string][] => {
    const [, instruction = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
    return instruction === '' ? [] : [[instruction.toUpperCase(), rest]];
  });
}

interface Step {
  stage: Stage;
  stages: ReadonlyMap<string, Stage>;
  build: Build;
  ignored: (path: string) => boolean;
}

async function apply(instruction: string, rest: string, step: Step): Promise<void> {
  const { stage } = step;
  switch (instruction) {
    case 'WORKDIR':
      stage.workdir = rest;
      await mkdir(join(stage.root, rest), { recursive: true });
      return;
    case 'COPY':
      return copy(rest, step);
    case 'RUN':
      return runShell(rest, step);
    case 'ARG':
      Object.assign(stage.args, pairsOf(rest));
      return;
    case 'ENV':
      Object.assign(stage.env, pairsOf(rest));
      return;
    case 'LABEL':
      Object.assign(stage.labels, pairsOf(rest));
      return;
    case 'EXPOSE':
      stage.ports.push(...rest.split(/\s+/));
      return;
    case 'USER':
      stage.user = rest;
      return;
    case 'STOPSIGNAL':
      stage.stopSignal = rest;
      return;
    case 'HEALTHCHECK':
      stage.healthCheck = JSON.parse(rest.slice(rest.indexOf('['))) as string[];
      return;
    case 'CMD':
      stage.command = JSON.parse(rest) as string[];
      return;
    default:
      throw new Error(`The replay does not know ${instruction}`);
  }
}

function pairsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g)];
  return Object.fromEntries(
    pairs.map(([, name = '', quoted, bare]) => [name, quoted ?? bare ?? '']),
  );
}

async function copy(rest: string, { stage, stages, build, ignored }: Step): Promise<void> {
  const words = rest.split(/\s+/);
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const paths = words.filter((word) => !word.startsWith('--'));
  const to = join(stage.root, stage.workdir, paths.pop() ?? '');
  const origin = from === undefined ? build.context : stages.get(from)?.root;
  if (origin === undefined) throw new Error(`COPY from the unknown stage ${String(from)}`);
  await mkdir(to, { recursive: true });
  if (from !== undefined) {
    // Links instead of copies: nothing changes a finished stage.
    await run('cp', ['-al', `${join(origin, ...paths)}/.`, to]);
    return;
  }
  for (const path of paths) {
    const source = join(origin, path);
    const isFolder = await readdir(source).then(
      () => true,
      () => false,
    );
    await cp(source, isFolder ? to : join(to, path.split('/').at(-1) ?? ''), {
      recursive: true,
      filter: (file) => !ignored(relative(origin, file)),
    });
  }
}

async function runShell(command: string, { stage, build }: Step): Promise<void> {
  const npmSettings = Object.entries(process.env).filter(([name]) => /^npm_config_/i.test(name));
  await run('/bin/sh', ['-c', command], {
    cwd: join(stage.root, stage.workdir),
    timeout: runMs,
    env: {
      ...Object.fromEntries(npmSettings),
      // What this checkout was installed from is in npm's cache already.
      npm_config_prefer_offline: 'true',
      HOME: process.env['HOME'],
      ...stage.env,
      PATH: programsOf(build),
    },
  });
}

/** The last pattern that fits a path, or a folder above it, decides. */
async function readIgnoreFile(context: string): Promise<(path: string) => boolean> {
  const text = await readFile(join(context, '.dockerignore'), 'utf8');
  const patterns = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return (path) => {
    if (path === '') return false;
    const line = [path];
    for (let above = dirname(path); above !== '.'; above = dirname(above)) line.push(above);
    const fits = (pattern: string) => line.some((part) => matchesGlob(shown(part), shown(pattern)));
    const decisive = patterns.findLast((pattern) => fits(pattern.replace(/^!/, '')));
    return decisive !== undefined && !decisive.startsWith('!');
  };
}

/** An engine's `*` fits names that begin with a dot; Node's does not. */
function shown(path: string): string {
  return path.replace(/(^|\/)\./g, '$1dot-');
}
