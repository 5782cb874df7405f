import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Which files may import a store's or vendor's own package. Folders: .dependency-cruiser.cjs. */
const vendors = [
  { packages: ['kysely', 'kysely/*', 'pg'], homes: ['data/**', 'migrations/**'] },
  { packages: ['ioredis'], homes: ['lua/**', 'platform/redis.ts'] },
  { packages: ['stripe'], homes: ['platform/stripe.ts'] },
  {
    packages: ['@google-cloud/*', 'google-gax', '@grpc/*'],
    homes: ['platform/kms-connection.ts'],
  },
];

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: the name is the same wherever it is used.',
};

/** What a replay, or another machine, would answer differently. */
const ambient = [
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: 'Take the time as a value.',
  },
  {
    selector: 'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
    message: 'Take the time as a value.',
  },
  {
    selector: 'CallExpression[callee.object.name="Math"][callee.property.name="random"]',
    message: 'Take what is random as a value.',
  },
];

const localeDependent = {
  selector: 'MemberExpression[property.name=/^toLocale/]',
  message: 'It differs with the version of Node, which breaks replay.',
};

const moduleState = {
  selector: ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration[kind="let"]',
  message: 'Runs share a module in the sandbox: keep state inside the workflow.',
};

function vendorRule(isForbidden) {
  const patterns = vendors.filter(isForbidden).map(({ packages, homes }) => ({
    group: packages,
    message: `Only ${homes.join(' and ')} may import it.`,
  }));
  return { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] };
}

export default defineConfig(
  globalIgnores(['**/dist/', '.leasehold/', 'coverage/', 'data/schema.ts', 'client/generated/']),
  js.configs.recommended,
  {
    files: ['**/*.ts', 'dev/**/*.mjs'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        // What is held by `using` needs no other use.
        { ignoreRestSiblings: true, ignoreUsingDeclarations: true },
      ],
      'no-restricted-syntax': ['error', noDefaultExport],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only platform/config.ts reads the environment.',
        },
      ],
      'no-restricted-imports': ['error', { paths: ['process', 'node:process'] }],
    },
  },
  {
    files: ['platform/config.ts', 'dev/**', 'test/**', 'client/**', '*.config.*'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' },
  },
  { files: ['**/*.ts'], rules: vendorRule(() => true) },
  ...vendors.flatMap(({ homes }) =>
    homes.map((home) => ({
      files: [home],
      rules: vendorRule((vendor) => !vendor.homes.includes(home)),
    })),
  ),
  {
    files: ['dev/**', 'test/**'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  {
    // The linter does not see a cast that is written as a comment; the compiler does.
    files: ['dev/**/*.mjs'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    files: ['domain/**'],
    rules: { 'no-restricted-syntax': ['error', noDefaultExport, ...ambient] },
  },
  {
    files: ['workflows/**'],
    rules: {
      'no-restricted-syntax': ['error', noDefaultExport, localeDependent, moduleState],
      'no-restricted-globals': [
        'error',
        ...['process', 'Buffer', 'Intl', 'performance', 'crypto', 'fetch', 'console', 'require'],
        ...['setImmediate', 'WeakRef', 'FinalizationRegistry'],
      ],
    },
  },
  {
    files: ['**/*.config.*'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['*.js', '*.cjs', '**/*.mjs'],
    languageOptions: {
      globals: {
        ...{ process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly' },
        ...{ setTimeout: 'readonly', clearTimeout: 'readonly', fetch: 'readonly' },
        ...{ module: 'writable', require: 'readonly', AbortSignal: 'readonly' },
      },
    },
  },
  {
    // TypeScript knows every global itself.
    files: ['**/*.ts', 'dev/**/*.mjs'],
    rules: { 'no-undef': 'off' },
  },
  prettier,
);
