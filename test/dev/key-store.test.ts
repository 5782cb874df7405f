import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { openKeyStore } from '../../dev/kms/key-store.ts';

test('makes one key for a version, the same after a restart, however many wait for it', async () => {
  const folder = mkdtempSync(join(inject('scratchFolder'), 'keys-'));
  const store = openKeyStore(folder);
  const version = store.create();
  const waiting = [store.generated(), store.generated()];
  await Promise.race(waiting);
  const pem = store.publicPem(version);
  await Promise.all(waiting);
  const [again] = openKeyStore(folder).list();
  expect(again?.state).toBe('ENABLED');
  expect(openKeyStore(folder).publicPem(version)).toBe(pem);
});
