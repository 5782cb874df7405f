/** The floor below all floors: the seat scripts by EVALSHA, without HTTP and without reading replies. */
import { Redis } from 'ioredis';
import { changesChannel, keyCount, poolKeys } from '../../../lua/keys.ts';
import { loadScript } from '../../../lua/load.ts';
import { newId } from '../../../platform/ids.ts';
import type { Step } from './jobs.ts';
import type { Lane } from './loop.ts';
import { newInstanceKey } from './seats.ts';

type ScriptStep = Extract<Step, { kind: 'renew-script' | 'acquire-script' }>;
type Script = (...args: (string | number)[]) => Promise<unknown>;

const connections = new Map<string, Redis>();

/** All lanes share one connection, as all requests of an API process do. */
export function scriptLane(step: ScriptStep, index: number, lanes: number): Lane {
  const redis = connect(step.redisUrl);
  const keys = [...poolKeys(step.pool), changesChannel];
  const run = (name: string, args: (string | number)[]) =>
    (Reflect.get(redis, name) as Script).call(redis, ...keys, ...args);
  if (step.kind === 'renew-script') {
    const sessions = step.sessions.filter((_, at) => at % lanes === index);
    let next = 0;
    return {
      close: () => undefined,
      async step() {
        const session = sessions[next++ % sessions.length];
        if (session === undefined) throw new Error('A lane without sessions');
        await run('renew-lease', [session.id, session.instanceKey, 'default', '', 0]);
        return undefined;
      },
    };
  }
  return {
    close: () => undefined,
    async step() {
      const id = newId('ses');
      const instance = newInstanceKey();
      await run('acquire-seat', [
        ...[step.config, id, instance, 'default', 0, '', ''],
        ...['{}', instance, 1, ''],
      ]);
      if (!step.release) return undefined;
      await run('release-seat', [id, instance, 'default', 'leave', 'released', '', '']);
      await run('release-seat', [id, instance, '', 'free', 'released', '', '']);
      return undefined;
    },
  };
}

function connect(url: string): Redis {
  const present = connections.get(url);
  if (present !== undefined) return present;
  const redis = new Redis(url);
  for (const name of ['renew-lease', 'acquire-seat', 'release-seat']) {
    redis.defineCommand(name, { lua: loadScript(`${name}.lua`), numberOfKeys: keyCount });
  }
  connections.set(url, redis);
  return redis;
}
