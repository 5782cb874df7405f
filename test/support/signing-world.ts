import { generateKeySync, type JsonWebKey } from 'node:crypto';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import type { ServedKms } from '../../dev/kms/server.ts';
import { openDatabase } from '../../data/database.ts';
import { createKms, type Kms } from '../../platform/kms.ts';
import { createMetrics } from '../../platform/metrics.ts';
import type { Deps } from '../../services/deps.ts';
import type { TrustedKey } from '../../signing/tokens/jws.ts';
import { cloneDatabase } from './database.ts';
import { kmsSettings, startTestKms } from './kms.ts';

/** What makes and keeps delegates, on a database and a KMS of the calling file's own. */
export interface SigningWorld {
  server: ServedKms;
  deps: Omit<Deps, 'delegate' | 'lists' | 'seats'> & { kms: Kms };
  appUrl: string;
  /** What was logged so far. */
  log: () => string;
  /** The pinned roots of a client. */
  roots: () => Promise<Map<string, TrustedKey>>;
  /** Forgets every key. */
  reset: () => Promise<void>;
}

/** A busy machine takes seconds to load the SDK; the deadline itself is tested with the client. */
const limits = { deadlineMs: 30_000, breakAfter: 1_000, halfOpenAfterMs: 10 };

/** Call it at the top level of a file: it registers an `afterAll`. */
export async function startSigningWorld(): Promise<SigningWorld> {
  const server = await startTestKms();
  const database = await cloneDatabase();
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const metrics = createMetrics('worker');
  const open = (url: string) => openDatabase({ url, poolSize: 4, onError: () => undefined });
  const kms = createKms(kmsSettings(server, server.endpoint), { metrics, log }, limits);
  if (kms === null) throw new Error('KMS_KEY is missing');
  const [db, systemDb] = [open(database.appUrl), open(database.systemUrl)];
  afterAll(async () => {
    await Promise.all([db.destroy(), systemDb.destroy(), kms.close()]);
  });
  const sealKeys = [{ kid: 's1', secret: generateKeySync('hmac', { length: 256 }) }];
  const signing = { issuer: 'https://licenses.example.com', sealKeys };
  const deps = { db, systemDb, kms, signing, log, metrics, reached: () => undefined };
  return {
    ...{ server, deps, appUrl: database.appUrl },
    log: () => lines.join(''),
    async roots() {
      const rows = await systemDb.selectFrom('rootKeys').select(['kid', 'publicKey']).execute();
      const trusted = ({ publicKey }: { publicKey: JsonWebKey }): TrustedKey => ({
        algorithm: 'PS256',
        key: { ...publicKey, kty: 'RSA' },
      });
      return new Map(rows.map((row) => [row.kid, trusted(row)]));
    },
    async reset() {
      lines.length = 0;
      server.faults.set({});
      await systemDb
        .updateTable('delegates')
        .set({ revokedAt: new Date(), revokedWhy: 'Test' })
        .execute();
    },
  };
}
