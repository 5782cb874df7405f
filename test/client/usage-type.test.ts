import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { resolveProgram } from '../../client/settings.ts';
import { detectUsageType, surroundingsOf, type Surroundings } from '../../client/usage-type.ts';

let container: string;
let checkout: string;

beforeAll(async () => {
  const scratch = await realpath(await mkdtemp(join(inject('scratchFolder'), 'usage-')));
  container = join(scratch, 'container');
  checkout = join(scratch, 'checkout');
  await mkdir(join(container, 'srv', 'app'), { recursive: true });
  await writeFile(join(container, '.dockerenv'), '');
  await mkdir(join(checkout, '.git'), { recursive: true });
  await mkdir(join(checkout, 'src'));
});

/** A copy in a container with nobody at it, but for what is changed. */
function detect(changed: Partial<Surroundings> = {}): string {
  const folder = join(container, 'srv', 'app');
  return detectUsageType({
    ...{ environment: {}, folder, isTerminal: false, root: container },
    ...changed,
  });
}

test('a copy in a container that nobody is at is part of a shipped product', () => {
  expect(detect()).toBe('runtime');
  expect(detect({ root: '/nowhere', environment: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } })).toBe(
    'runtime',
  );
});

test.each(['AWS_LAMBDA_FUNCTION_NAME', 'K_SERVICE', 'FUNCTIONS_WORKER_RUNTIME'])(
  'a copy that runs as a function is too (%s)',
  (name) => {
    expect(detect({ root: '/nowhere', environment: { [name]: 'shop' } })).toBe('runtime');
  },
);

test('a copy outside of a container is a person’s, terminal or not', () => {
  expect(detect({ root: '/nowhere' })).toBe('builder');
});

test.each<[string, () => Partial<Surroundings>]>([
  ['a terminal', () => ({ isTerminal: true })],
  ['a build', () => ({ environment: { CI: 'true' } })],
  ['a development container', () => ({ environment: { REMOTE_CONTAINERS: 'true' } })],
  ['a workplace elsewhere', () => ({ environment: { CODESPACES: 'true' } })],
  ['a checkout around the folder', () => ({ folder: join(checkout, 'src') })],
])('%s in a container shows a person behind it', (_what, changed) => {
  expect(detect(changed())).toBe('builder');
});

test('what is set to nothing, or to no, shows nobody', () => {
  for (const environment of [{ CI: '' }, { CI: 'false' }, { CODESPACES: ' ' }]) {
    expect(detect({ environment })).toBe('runtime');
  }
  expect(detect({ folder: join(container, 'gone') })).toBe('runtime');
});

test('the option wins over the environment, and either over what is detected', () => {
  const names = { product: 'a', version: '1', projectRoot: checkout };
  const type = (option: 'builder' | 'runtime' | undefined, environment: NodeJS.ProcessEnv) =>
    resolveProgram({ ...names, usageType: option }, environment).usageType;
  expect(type('builder', { LEASEHOLD_USAGE_TYPE: 'runtime' })).toBe('builder');
  expect(type(undefined, { LEASEHOLD_USAGE_TYPE: 'runtime' })).toBe('runtime');
  expect(type(undefined, { LEASEHOLD_USAGE_TYPE: ' ', K_SERVICE: 'shop' })).toBe('builder');
  expect(surroundingsOf({}, checkout)).toMatchObject({ folder: checkout });
});
