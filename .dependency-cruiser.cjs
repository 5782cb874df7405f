/**
 * Who may import whom. A folder's arrows are the list of what its files may reach besides their own
 * folder and Node's modules (which the folders in `pure` may not use). `npm:` names a package, `type:`
 * what may be reached by `import type` alone.
 */
const arrows = {
  domain: ['npm:date-fns'],
  migrations: ['npm:kysely'],
  data: ['domain', 'type:workflows/contract.ts', 'npm:*'],
  lua: ['domain', 'npm:*'],
  'signing/tokens': ['domain', 'npm:jose', 'npm:zod'],
  signing: ['domain', 'npm:*'],
  platform: ['domain', 'npm:*'],
  services: [...['domain', 'data', 'lua', 'signing', 'platform', 'workflows/contract.ts'], 'npm:*'],
  activities: [
    ...['services', 'domain', 'data', 'lua', 'signing', 'platform', 'type:workflows/contract.ts'],
    'npm:*',
  ],
  workflows: [
    ...['domain', 'type:activities', 'npm:@temporalio/workflow', 'npm:@temporalio/common'],
  ],
  workers: [
    ...['activities', 'services/deps.ts', 'data/outbox.ts', 'workflows/contract.ts', 'platform'],
    ...['domain', 'type:data', 'npm:*'],
  ],
  api: ['services', 'domain', 'signing', 'platform', 'type:data', 'type:lua', 'npm:*'],
  client: ['domain', 'signing/tokens', 'npm:*'],
};

/** Folders whose code must mean the same in a sandbox, in a browser and on replay. */
const pure = ['domain', 'workflows', 'migrations', 'signing/tokens'];

/**
 * One file of each process opens the stores and puts the dependencies together; nothing else of
 * these folders may reach a store.
 */
const openers = {
  api: ['api/server.ts', ['data/database.ts', 'lua', 'workflows/contract.ts']],
  workers: [
    'workers/main.ts',
    ['data/database.ts', 'lua', 'services/delegate-keeper.ts', 'signing/lists.ts'],
  ],
};

/** What the server may import at run time is a dependency; these folders may use the others too. */
const development = ['dev', 'test', 'client'];

function pattern(target) {
  if (target === 'npm:*') return 'node_modules/';
  if (target.startsWith('npm:')) return `node_modules/${target.slice(4)}(/|$)`;
  return `^${target.replaceAll('.', '\\.')}(/|$)`;
}

/** One rule for what a folder may reach by value, one for what `import type` may reach besides. */
function arrowRules([folder, targets]) {
  const values = [folder, ...targets.filter((target) => !isType(target))].map(pattern);
  const types = [...values, ...targets.filter(isType).map((target) => pattern(target.slice(5)))];
  const [opener, stores] = openers[folder] ?? [];
  const inFolder = { path: `^${folder}/` };
  const valueRule = (name, from, allowed) => ({
    name,
    severity: 'error',
    comment: `${folder}/ may import only ${targets.join(', ')}`,
    from,
    // Node's modules and missing files have rules of their own.
    to: {
      pathNot: allowed,
      dependencyTypesNot: ['core', 'unknown', 'undetermined', 'type-only'],
    },
  });
  const typeRule = {
    ...valueRule(`types-of-${folder}`, inFolder, types),
    to: { pathNot: types, dependencyTypes: ['type-only'], dependencyTypesNot: ['core'] },
  };
  const name = `arrows-of-${folder}`;
  if (opener === undefined) return [valueRule(name, inFolder, values), typeRule];
  return [
    valueRule(name, { ...inFolder, pathNot: pattern(opener) }, values),
    valueRule(`${name}-opener`, { path: pattern(opener) }, [...values, ...stores.map(pattern)]),
    typeRule,
  ];
}

function isType(target) {
  return target.startsWith('type:');
}

function pureRule(folder) {
  return {
    name: `pure-${folder}`,
    severity: 'error',
    comment: `${folder}/ uses none of Node's modules`,
    from: { path: `^${folder}/` },
    to: { dependencyTypes: ['core'] },
  };
}

module.exports = {
  forbidden: [
    ...Object.entries(arrows).flatMap(arrowRules),
    ...pure.map(pureRule),
    {
      name: 'nobody-imports-development',
      severity: 'error',
      comment: 'What runs on a laptop or in a test is no part of the server.',
      from: { pathNot: [`^(${development.join('|')})/`, '^[^/]+$'] },
      to: { path: '^(dev|test)/' },
    },
    {
      name: 'runtime-packages-are-dependencies',
      severity: 'error',
      comment: 'An installation for production has no devDependencies.',
      from: { pathNot: [`^(${development.join('|')})/`, '^[^/]+$'] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-worker-in-the-api',
      severity: 'error',
      comment: 'The native core of the worker SDK would be loaded into every API process.',
      from: { path: '^api/main\\.ts$' },
      to: { path: 'node_modules/@temporalio/worker/', reachable: true },
    },
    {
      name: 'only-its-connection-knows-kms',
      severity: 'error',
      comment: 'The linter does not see what is imported when it is needed.',
      from: { pathNot: ['^platform/kms-connection\\.ts$', '^(dev|test)/', 'node_modules/'] },
      to: { path: 'node_modules/(@google-cloud|google-gax|@grpc)/' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'The file or package does not exist.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Two files that need each other are one idea, or hide a third.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
