import { createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { Redis } from 'ioredis';
import { changesChannel, keyCount, poolKeys } from '../../../lua/keys.ts';
import { loadScript } from '../../../lua/load.ts';
import { newId } from '../../../platform/ids.ts';
import { createFloorLedger } from './ledger.ts';
import type { FloorSettings } from './settings.ts';

export interface AcquireBody {
  instanceKey: string;
  product: string;
  version: string;
  usageType: string;
  device: object;
}

type Script = (...args: (string | number)[]) => Promise<(string | number)[]>;
type Claims = [tenant: string, license: string, session: string, instance: string, holder: string];

/** The least that each operation on a seat must do: the same credential, scripts and rows. */
export function createFloorSeats(settings: FloorSettings) {
  const redis = new Redis(settings.redisUrl);
  for (const name of ['renew-lease', 'acquire-seat', 'release-seat']) {
    redis.defineCommand(name, { lua: loadScript(`${name}.lua`), numberOfKeys: keyCount });
  }
  const ledger = createFloorLedger(settings);
  const keys = [...poolKeys(settings.pool), changesChannel];
  const run = (name: string, args: (string | number)[], of = keys) =>
    (Reflect.get(redis, name) as Script).call(redis, ...of, ...args);
  const hmac = createSecretKey(settings.secret, 'base64url');
  const macOf = (text: string) => createHmac('sha256', hmac).update(text).digest('base64url');

  const read = (credential: string): Claims => {
    const [head = '', body = '', mac = ''] = credential.split('.');
    if (!timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(`${head}.${body}`)))) {
      throw new Error('Not our credential');
    }
    return JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
  };
  const { tenantId, licenseId } = settings.pool;
  const write = (id: string, instance: string) => {
    const claims: Claims = [tenantId, licenseId, id, instance, 'default'];
    const text = `lhs_k1.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    return `${text}.${macOf(text)}`;
  };

  return {
    read: (licenseKey: string) => ledger.read(sha256(licenseKey)),
    async renew(credential: string) {
      const [tenant, license, id, instance, holder] = read(credential);
      const of = [...poolKeys({ tenantId: tenant, licenseId: license }), changesChannel];
      const reply = await run('renew-lease', [id, instance, holder, '', 0], of);
      if (reply[0] !== 'RENEWED') throw new Error(`The script answered ${String(reply[0])}`);
      const [, leaseUntil = 0, , used, limit, fence, beatMs, , , , , , now = 0] = reply;
      return {
        session: { id, status: 'active', leaseUntil: iso(leaseUntil), used, limit, fence, beatMs },
        serverTime: iso(now),
      };
    },
    async acquire(licenseKey: string, body: AcquireBody) {
      await ledger.read(sha256(licenseKey));
      const id = newId('ses');
      const { instanceKey } = body;
      const reply = await run('acquire-seat', [
        settings.config,
        id,
        instanceKey,
        'default',
        0,
        '',
        '',
        '{}',
        instanceKey,
        1,
        '',
      ]);
      if (reply[0] !== 'GRANTED') throw new Error(`The script answered ${String(reply[0])}`);
      const [, , fence = '', leaseUntil = 0, , , , , , , now = 0] = reply;
      await ledger.open({ id, fence: String(fence), leaseUntil: Number(leaseUntil), ...body });
      const session = { id, status: 'active', instanceKey, leaseUntil: iso(leaseUntil), fence };
      return { session, credential: write(id, instanceKey), serverTime: iso(now) };
    },
    async release(credential: string) {
      const [, , id, instance, holder] = read(credential);
      await run('release-seat', [id, instance, holder, 'leave', 'released', '', '']);
      await ledger.end({ id, instanceKey: instance });
      await run('release-seat', [id, instance, '', 'free', 'released', '', '']);
    },
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function iso(unixMs: string | number): string {
  return new Date(Number(unixMs)).toISOString();
}
