import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { describe, expect, inject, test } from 'vitest';
import type * as workflows from '../../workflows/index.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { workflowBundle } from '../support/temporal.ts';

quietTemporal();
const root = fileURLToPath(new URL('../histories/', import.meta.url));
const recorded = await listHistories();

/** The kinds of life that each workflow can have; one without any does not compile. */
const lives: Record<keyof typeof workflows, readonly [string, ...string[]]> = {
  licenseSession: [
    ...(['granted-released', 'lapsed', 'queued-granted', 'queued-given-up'] as const),
    ...['force-released', 'cancelled', 'restarted', 'continued-as-new', 'continuation'],
  ],
  renewDelegate: ['made', 'young'],
  licenseTerm: [
    ...(['nothing-left', 'device-files', 'standing-file', 'revoked'] as const),
    ...['cancelled', 'continued-as-new', 'continuation'],
  ],
  reconcilePools: ['complete', 'continued-as-new', 'continuation'],
  publishRevocations: ['published', 'changed-meanwhile'],
  rotateRoot: ['quarter', 'nothing-due', 'revoked'],
};
const required = Object.entries(lives).flatMap(([type, names]) =>
  names.map((name): [string, string] => [type, name]),
);

describe('a recorded history', () => {
  test.each(recorded)('of %s/%s is understood by the workflow as it is now', async (type, name) => {
    expect(await replay(workflowBundle(), type, name)).toBeUndefined();
  });

  test.each(required)('exists for %s/%s', (type, name) => {
    expect(recorded).toContainEqual([type, name]);
  });

  test('is refused by a workflow that does something else', async () => {
    const skipsRelease = await mutate('if (session.isFree || endReason === null)', 'if (true)');
    expect(await replay(skipsRelease, 'licenseSession', 'granted-released')).toBeInstanceOf(
      DeterminismViolationError,
    );
    const looksFirst = await mutate('await isDue(session)', 'true');
    expect(await replay(looksFirst, 'licenseSession', 'queued-granted')).toBeInstanceOf(
      DeterminismViolationError,
    );
    const forgetsFiles = await mutate('term.isSettled()', 'true');
    expect(await replay(forgetsFiles, 'licenseTerm', 'device-files')).toBeInstanceOf(
      DeterminismViolationError,
    );
    const endsEarly = await mutate('swept.cursor !== null', 'false');
    expect(await replay(endsEarly, 'reconcilePools', 'continued-as-new')).toBeInstanceOf(
      DeterminismViolationError,
    );
  });
});

async function listHistories(): Promise<[type: string, name: string][]> {
  const entries = await readdir(root, { withFileTypes: true });
  const types = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const files = await Promise.all(
    types.map(async (type) =>
      (await readdir(join(root, type))).map((file): [string, string] => [
        type,
        file.replace(/\.json$/, ''),
      ]),
    ),
  );
  return files.flat();
}

/** @returns what is wrong, or undefined. */
async function replay(
  bundle: WorkflowBundleOption,
  type: string,
  name: string,
): Promise<Error | undefined> {
  const history: unknown = JSON.parse(await readFile(join(root, type, `${name}.json`), 'utf8'));
  const workflowId = `${type}/${name}`;
  const results = Worker.runReplayHistories({ workflowBundle: bundle }, [
    { workflowId, history: history },
  ]);
  for await (const { error } of results) return error;
  throw new Error(`${workflowId} was not replayed`);
}

/** The built workflows with one expression replaced. */
async function mutate(original: string, replacement: string): Promise<WorkflowBundleOption> {
  const code = await readFile(workflowBundle().codePath, 'utf8');
  expect(code.split(original)).toHaveLength(2);
  const codePath = join(inject('scratchFolder'), `mutant-${crypto.randomUUID()}.js`);
  await writeFile(
    codePath,
    code.replace(original, () => replacement),
  );
  return { codePath };
}
