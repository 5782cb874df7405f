/** The keys of a deployment: Postgres and a stand-in of Cloud KMS of the caller's own, and days that pass. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, inject } from 'vitest';
import { serveKms, type ServedKms } from '../../dev/kms/server.ts';
import { openDatabase, type Database } from '../../data/database.ts';
import { nextRotationStep, type RotationStep } from '../../domain/root-rotation.ts';
import { createKms, type Kms } from '../../platform/kms.ts';
import { createLogger } from '../../platform/logger.ts';
import { createMetrics } from '../../platform/metrics.ts';
import type { Deps, StepPoint } from '../../services/deps.ts';
import { renewDelegate } from '../../services/renew-delegate.ts';
import { lookAtRoots, takeRotationStep } from '../../services/rotate-root.ts';
import { cloneDatabase, type TestDatabase } from './database.ts';
import { kmsSettings } from './kms.ts';
import { rootPem } from './roots.ts';

/** A busy machine takes seconds to load the SDK; the deadline itself is tested with the client. */
const limits = { deadlineMs: 30_000, breakAfter: 5, halfOpenAfterMs: 10 };
/** Versions whose keys are made already: the next ones take seconds. */
const preparedVersions = 5;

export const issuer = 'https://licenses.example.com';
export const sealKeys = [{ kid: 's1', secret: createSecretKey(randomBytes(32)) }];

/** What services need that make and revoke keys. */
export interface TrustWorld {
  kms: ServedKms;
  database: TestDatabase;
  deps: Pick<Deps, 'db' | 'systemDb' | 'metrics' | 'log' | 'reached' | 'signing'> & { kms: Kms };
  /** Takes step by step until there is nothing to do, as the workflow does. Answers the steps. */
  settle(): Promise<RotationStep['step'][]>;
  /** Moves all that was ever stored of keys into the past. */
  passDays(days: number): Promise<void>;
  /** Moves the end of every revocation that has one into the past. */
  outlive(): Promise<void>;
  /** Has the process die, so to speak, the next time that it comes to the point. */
  dieAt(point: StepPoint): void;
}

/** Call it at the top level of a file: it registers an `afterAll`. */
export async function openTrustWorld(): Promise<TrustWorld> {
  const kms = await serveKms({ folder: preparedFolder() });
  const database = await cloneDatabase();
  const open = (url: string) => openDatabase({ url, poolSize: 4, onError: () => undefined });
  const metrics = createMetrics('worker');
  const log = createLogger({ name: 'test', level: process.env['TEST_LOG'] ?? 'silent' });
  const client = createKms(kmsSettings(kms, kms.endpoint), { metrics, log }, limits);
  if (client === null) throw new Error('KMS_KEY is missing');
  // Who may change what the server never does.
  const admin = open(database.adminUrl);
  let dying: StepPoint | null = null;
  const deps = {
    ...{ db: open(database.appUrl), systemDb: open(database.systemUrl), metrics, log },
    ...{ kms: client, signing: { issuer, sealKeys } },
    reached(point: StepPoint) {
      if (point !== dying) return;
      dying = null;
      throw new Error(`Died at ${point}`);
    },
  };
  afterAll(async () => {
    await client.close();
    await Promise.all([deps.db.destroy(), deps.systemDb.destroy(), admin.destroy()]);
    kms.stop();
  });
  await renewDelegate(deps);
  return {
    ...{ kms, database, deps },
    settle: () => settle(deps),
    passDays: (days) => passDays(admin, days),
    async outlive() {
      await sql`update revocations set until = now() - interval '1 minute' where until is not null`.execute(
        admin,
      );
    },
    dieAt: (point) => (dying = point),
  };
}

function preparedFolder(): string {
  const folder = mkdtempSync(join(inject('scratchFolder'), 'kms-'));
  for (let version = 1; version <= preparedVersions; version += 1) {
    copyFileSync(rootPem(version), join(folder, `${version}.pem`));
  }
  return folder;
}

async function settle(deps: TrustWorld['deps']): Promise<RotationStep['step'][]> {
  const steps: RotationStep['step'][] = [];
  for (;;) {
    const facts = await lookAtRoots(deps);
    if (facts === null) throw new Error('There is no root yet');
    const step = nextRotationStep(facts, Date.now());
    if (step.step === 'rest') return steps;
    if (steps.push(step.step) > 30) throw new Error(`It does not come to rest: ${steps.join()}`);
    if (step.step !== 'wait') await takeRotationStep(deps, step);
  }
}

async function passDays(db: Database, days: number): Promise<void> {
  const columns = {
    root_keys: ['published_at', 'active_at', 'retired_at', 'revoked_at'],
    root_lists: ['created_at'],
    revocation_lists: ['created_at', 'next_update'],
    delegates: ['created_at', 'sign_until', 'verify_until', 'revoked_at'],
  };
  for (const [table, names] of Object.entries(columns)) {
    const moved = names.map(
      (name) => sql`${sql.ref(name)} = ${sql.ref(name)} - ${days} * interval '1 day'`,
    );
    await sql`update ${sql.table(table)} set ${sql.join(moved)}`.execute(db);
  }
}
