import { insertAuditEntry } from '../data/audit-log.ts';
import { insertCredential } from '../data/credentials.ts';
import { openDatabase } from '../data/database.ts';
import { newId } from '../platform/ids.ts';
import { hashApiKey, makeApiKey } from '../signing/keys.ts';

/** Makes an operator key; its secret is returned here and stored nowhere but as a hash. */
export async function createOperatorKey(systemUrl: string, name: string): Promise<string> {
  const secret = makeApiKey('lho_');
  const hash = hashApiKey('lho_', secret);
  if (hash === null) throw new Error('The operator key that was just made has no valid form');
  const db = openDatabase({ url: systemUrl, poolSize: 1, onError: () => undefined });
  try {
    const id = newId('key');
    await db.transaction().execute(async (tx) => {
      const owner = { tenantId: null, subjectId: null, scopes: [] };
      await insertCredential(tx, { id, kind: 'operator_key', hash, name, ...owner });
      await insertAuditEntry(tx, {
        id: newId('aud'),
        tenantId: null,
        actor: { kind: 'system', id: 'create-operator-key' },
        action: 'operator_key.create',
        subjectId: id,
        detail: { name },
        requestId: null,
      });
    });
    return secret;
  } finally {
    await db.destroy();
  }
}
