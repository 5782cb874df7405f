import { startPostgres } from '/work/main/dev/platform/postgres.ts'
import { startRedis } from '/work/main/dev/platform/redis.ts'
import { startTemporal } from '/work/main/dev/platform/temporal.ts'
import { freePort } from '/work/main/dev/platform/ports.ts'
import { mkdtempSync, mkdirSync } from 'node:fs'
const base = process.argv[2] ?? mkdtempSync('/tmp/lh-')
const t = (l: string, s: number) => console.log(l, Math.round(performance.now() - s))
let s = performance.now()
const pg = await startPostgres({ dataDir: base + '/pg', durable: true }); t('pg', s); s = performance.now()
const r = await startRedis({ dir: base + '/redis', durable: true }); t('redis', s); s = performance.now()
const tm = await startTemporal({ dir: base + '/temporal', durable: true, uiPort: await freePort() }); t('temporal', s)
console.log(pg.url, r.url, tm.address, tm.uiUrl, pg.pid, r.pid, tm.pid, base)
if (process.argv[3] === 'hang') await new Promise((r) => setTimeout(r, 60000))
s = performance.now(); await pg.stop(); t('pg stop', s); s = performance.now()
await r.stop(); t('redis stop', s); s = performance.now()
await tm.stop(); t('temporal stop', s)
