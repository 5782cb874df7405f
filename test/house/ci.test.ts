import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));

const stepSchema = z.strictObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});

const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.string()),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.string() }),
  jobs: z.strictObject({
    test: z.strictObject({
      'runs-on': z.string(),
      'timeout-minutes': z.number().max(60),
      steps: z.array(stepSchema),
    }),
  }),
});

async function readWorkflow(): Promise<z.infer<typeof workflowSchema>> {
  const text = await readFile(`${root}.github/workflows/ci.yml`, 'utf8');
  return workflowSchema.parse(parse(text));
}

test('a public host runs what a developer runs: .ci/run, which is npm test', async () => {
  const { steps } = (await readWorkflow()).jobs.test;
  expect(steps.at(-1)).toEqual({ run: 'bash .ci/run' });
  const commands = steps.flatMap(({ run }) => run ?? []);
  expect(commands.filter((command) => /\bn(pm|ode|px)\b/.test(command))).toEqual([]);
  expect(await readFile(`${root}.ci/run`, 'utf8')).toMatch(/^exec npm test --silent$/m);
});

test('the run may read the code and nothing else, and no credential stays in the checkout', async () => {
  const workflow = await readWorkflow();
  expect(workflow.permissions).toEqual({ contents: 'read' });
  expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
  const [checkout] = workflow.jobs.test.steps;
  expect(checkout?.with).toEqual({ 'persist-credentials': false });
});

test('every action is of the host itself, at a released version', async () => {
  const { steps } = (await readWorkflow()).jobs.test;
  const used = steps.flatMap(({ uses }) => uses ?? []);
  expect(used.filter((action) => !/^actions\/[a-z-]+@v\d+$/.test(action))).toEqual([]);
});

test('downloads are kept between runs, until the lock file or what setup fetches changes', async () => {
  const { steps } = (await readWorkflow()).jobs.test;
  const cache = steps.find(({ uses }) => uses?.startsWith('actions/cache@') === true);
  expect(cache?.with).toMatchObject({ path: '~/.cache/leasehold' });
  expect(cache?.with?.['key']).toContain("hashFiles('package-lock.json', 'dev/setup/places.mjs')");
});
