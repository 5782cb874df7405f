/**
 * `node test/faults/directed.ts NAME` tells a story on stores that are given by the environment of an
 * API, and prints what happened as JSON. A test runs it with and without a mistake in the sources, and
 * has the checker judge it.
 */
import { startApi } from '../../api/server.ts';
import { loadConfig } from '../../platform/config.ts';
import { connectRedis } from '../../platform/redis.ts';
import { eventually } from '../support/eventually.ts';
import { sellLicense } from './shop.ts';
import { openStage } from './stage.ts';
import { stories } from './stories.ts';

const config = loadConfig();
const { deps } = await startApi(config);
await eventually(() => deps.delegate.current() !== null, { withinMs: 30_000 });
const store = connectRedis({ url: config.REDIS_URL, name: 'directed', onError: () => undefined });
const seats = 1;

const [, , name = ''] = process.argv;
const story = stories[name];
if (story === undefined) throw new Error(`There is no story ${name}`);
const license = await sellLicense(deps, seats);
const databaseUrl = config.SYSTEM_DATABASE_URL;
const stage = openStage({ deps, store, license, seats, databaseUrl });
await story(stage);
console.log(JSON.stringify(await stage.end()));
process.exit(0);
