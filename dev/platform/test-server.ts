import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { findTestServer } from '../setup/places.mjs';
import { searchAttributes } from '../../workflows/contract.ts';

/**
 * The executable of the time-skipping test server, for `TestWorkflowEnvironment`, which starts
 * and stops it.
 * @throws Error when setup has not installed it.
 */
export function testServerPath(): string {
  const path = findTestServer();
  if (path === null) throw new Error('The Temporal test server is missing: run npm test once.');
  return path;
}

/** The test server starts without our search attributes, unlike the dev server. */
export async function registerSearchAttributes(connection: Connection): Promise<void> {
  const keyword = temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  await connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(searchAttributes.map((name) => [name, keyword])),
  });
}
