import { setTimeout as delay } from 'node:timers/promises';
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import type { TemporalConfig } from './temporal.ts';

/** What a namespace must hold before the server can work with it. */
export interface NamespaceNeeds {
  /** All of type Keyword. */
  searchAttributes: readonly string[];
}

/** What was missing and is there now. */
export interface NamespaceChanges {
  isNamespaceNew: boolean;
  added: string[];
}

const keyword = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
/** How long the histories of closed runs stay; one that exists already keeps what its owner chose. */
const retention = msToTs('7 days');
const connectMs = 10_000;
const callMs = 10_000;
const triesMax = 60;
const pauseMs = 500;

/**
 * Makes the namespace and its search attributes exist. What is there stays as it is, so it may run
 * again, and from several places at once.
 *
 * @throws Error when Temporal does not answer, refuses, or has an attribute of ours under another type.
 */
export async function prepareNamespace(
  config: TemporalConfig,
  needs: NamespaceNeeds,
): Promise<NamespaceChanges> {
  const address = config.TEMPORAL_ADDRESS;
  const connection = await Connection.connect({ address, connectTimeout: connectMs });
  const namespace = config.TEMPORAL_NAMESPACE;
  try {
    const isNamespaceNew = await registerNamespace(connection, namespace);
    // A namespace that was just made reaches all parts of the server some seconds later.
    const added = await untilKnown(() => addSearchAttributes(connection, namespace, needs));
    return { isNamespaceNew, added };
  } finally {
    await connection.close();
  }
}

async function registerNamespace(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await within(connection, () => connection.workflowService.describeNamespace({ namespace }));
    return false;
  } catch (error) {
    if (!hasCode(error, codes.notFound)) throw error;
  }
  try {
    const asked = { namespace, workflowExecutionRetentionPeriod: retention };
    await within(connection, () => connection.workflowService.registerNamespace(asked));
    return true;
  } catch (error) {
    if (hasCode(error, codes.alreadyExists)) return false;
    throw error;
  }
}

async function addSearchAttributes(
  connection: Connection,
  namespace: string,
  { searchAttributes }: NamespaceNeeds,
): Promise<string[]> {
  const { customAttributes } = await within(connection, () =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  const wrong = searchAttributes.filter((name) => (customAttributes[name] ?? keyword) !== keyword);
  if (wrong.length > 0) {
    throw new Error(`These search attributes exist, but not as Keyword: ${wrong.join(', ')}`);
  }
  const missing = searchAttributes.filter((name) => !(name in customAttributes));
  if (missing.length > 0) {
    const asked = Object.fromEntries(missing.map((name) => [name, keyword]));
    await within(connection, () =>
      connection.operatorService.addSearchAttributes({ namespace, searchAttributes: asked }),
    );
  }
  return missing;
}

async function untilKnown<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === triesMax || !hasCode(error, codes.notFound)) throw error;
      await delay(pauseMs);
    }
  }
}

function within<T>(connection: Connection, call: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + callMs, call);
}

const codes = { notFound: 5, alreadyExists: 6 } as const;

function hasCode(error: unknown, code: number): boolean {
  if (!isGrpcServiceError(error)) return false;
  const given: number = error.code;
  return given === code;
}
