import { isatty } from 'node:tty';
import type { UsageType } from '../domain/validation.ts';
import { isBuild, isContainer } from './machine.ts';
import { isInCheckout } from './project-root.ts';

/** What tells a person at work from a copy inside a shipped product. */
export interface Surroundings {
  environment: NodeJS.ProcessEnv;
  /** A folder of the project. */
  folder: string;
  /** Whether a terminal is attached. */
  isTerminal: boolean;
  /** Where the file system begins. */
  root?: string;
}

/** Set where a container, or a machine elsewhere, is somebody's workplace. */
const workplaces = [
  'REMOTE_CONTAINERS',
  'CODESPACES',
  'GITPOD_WORKSPACE_ID',
  'CODER_WORKSPACE_NAME',
];

/** Set where the code of a product is run as a function. */
const functionHosts = ['AWS_LAMBDA_FUNCTION_NAME', 'K_SERVICE', 'FUNCTIONS_WORKER_RUNTIME'];

/**
 * What a copy that nobody marked is used for. `runtime` only where it runs as products are shipped, in a
 * container or as a function, and nothing shows a person behind it: no terminal, no build, no workplace,
 * no checkout around its folder. Everything else is `builder`: to take a person for a product would lock
 * somebody out.
 */
export function detectUsageType(surroundings: Surroundings): UsageType {
  const { environment, root = '/' } = surroundings;
  const isShipped = hasAny(environment, functionHosts) || isContainer(environment, root);
  return isShipped && !hasPersonBehind(surroundings) ? 'runtime' : 'builder';
}

/** Where this process runs. Asking the streams themselves would open them. */
export function surroundingsOf(environment: NodeJS.ProcessEnv, folder: string): Surroundings {
  return { environment, folder, isTerminal: [0, 1, 2].some((fd) => isatty(fd)) };
}

function hasPersonBehind({ environment, folder, isTerminal }: Surroundings): boolean {
  return (
    isTerminal || isBuild(environment) || hasAny(environment, workplaces) || isInCheckout(folder)
  );
}

function hasAny(environment: NodeJS.ProcessEnv, names: readonly string[]): boolean {
  return names.some((name) => (environment[name] ?? '').trim() !== '');
}
