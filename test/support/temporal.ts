import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, inject } from 'vitest';
import { registerSearchAttributes, testServerPath } from '../../dev/platform/test-server.ts';

/**
 * A time-skipping server of the calling file's own, with our search attributes, stopped after the
 * file's last test. Time is global to it: keep the file's tests serial. Call it at the top level of
 * a file: it registers an `afterAll`.
 */
export async function useTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: testServerPath() } },
  });
  afterAll(() => environment.teardown());
  await registerSearchAttributes(environment.connection);
  return environment;
}

/** host:port of the Temporal dev server that all files share: real time, list and count work. */
export function temporalAddress(): string {
  return inject('temporalAddress');
}

/**
 * The workflows, built once for the whole run, as a worker's option.
 * @throws Error with the bundler's message when they cannot be built.
 */
export function workflowBundle(): { codePath: string } {
  const { path, fault } = inject('workflows');
  if (path === null) throw new Error(`The workflows could not be built: ${fault}`);
  return { codePath: path };
}
