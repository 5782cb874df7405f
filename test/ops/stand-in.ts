/** The stand-in for Cloud KMS in an image that was replayed: as docker-compose.yml says, without an engine. */
import { spawnSync } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild, untilReady, type Child } from '../../dev/platform/process.ts';
import { findOnPath } from '../../dev/setup/places.mjs';
import { fillIn, readComposeFile, root } from './compose-file.ts';
import { programsOf, type Stage } from './dockerfile.ts';

const { services } = await readComposeFile();
const { command, environment, healthcheck, volumes } = services['kms'] ?? {};
const settings = ['KMS_KEY', 'KMS_ENDPOINT', 'KMS_PROTECTION_LEVEL', 'SIGNING_SEAL_KEYS'];

/** What can be done with it. */
export interface StandIn {
  /** What `api` and `worker` are told about signing with nothing set. */
  readonly settings: Record<string, string>;
  /** Lays into the image what is mounted into it. */
  mount(): Promise<void>;
  /** Starts it, and waits until its health check is content. Its folders stay from start to start. */
  start(): Promise<Child>;
}

/** The volumes of `kms` are folders of `scratch`. */
export function standInOf(image: Stage, scratch: string): StandIn {
  const folders = { '/keys': join(scratch, 'keys'), '/run/kms': join(scratch, 'run-kms') };
  const here = (word: string) => {
    const [from, to] = Object.entries(folders).find(([path]) => word.includes(path)) ?? ['', ''];
    return word.replace(from, () => to);
  };
  const env = { ...image.env, PATH: programsOf({ scratch }), ...(environment as object) };
  const cwd = join(image.root, image.workdir);
  return {
    settings: Object.fromEntries(
      settings.map((name) => [name, here(fillIn(services['api']?.environment[name] ?? ''))]),
    ),
    async mount() {
      for (const mount of volumes?.filter((volume) => volume.startsWith('./')) ?? []) {
        const [source = '', target = ''] = mount.split(':');
        await cp(join(root, source), join(image.root, target), { recursive: true });
      }
    },
    async start() {
      for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
      const [program = '', ...args] = [...withoutPowers(), ...[command ?? []].flat()].map(here);
      const logFile = join(scratch, 'kms.log');
      const child = await startChild({ name: 'kms', command: program, args, cwd, env, logFile });
      const [node = '', ...words] = (healthcheck?.test ?? []).slice(1).map(here);
      const isHealthy = () => spawnSync(node, words, { cwd, env }).status === 0;
      // Its first start makes a key, which takes seconds.
      await untilReady(child, () => Promise.resolve(isHealthy()), 120_000);
      return child;
    },
  };
}

/** What `cap_drop: [ALL]` takes from root, where that is possible here. */
function withoutPowers(): string[] {
  if (process.getuid?.() !== 0 || findOnPath('setpriv') === null) return [];
  return ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--'];
}
