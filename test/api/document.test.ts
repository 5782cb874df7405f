import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { createOpenApiDocument, errorsOf } from '../../api/openapi.ts';
import { problemSchema } from '../../api/problem.ts';
import { operations } from '../../api/routes.ts';
import { errorTable, type ErrorCode } from '../../domain/errors.ts';
import { startTestApi } from '../support/api.ts';

const api = await startTestApi();
const document = createOpenApiDocument('http://127.0.0.1:8080');
const codes = Object.keys(errorTable) as ErrorCode[];

/** Routes for people and tools that read about the API. */
const reference = ['get /openapi.json', 'get /docs/errors'];

interface Route {
  path: string;
  stack: { method?: string }[];
}

describe('the operations', () => {
  test('are all the routes that there are, beside the reference page', () => {
    const { router } = createApp(api.deps) as unknown as { router: { stack: { route?: Route }[] } };
    const routes = router.stack.flatMap(({ route }) => (route === undefined ? [] : [route]));
    const declared = operations.map(({ method, path }) => `${method} ${path}`);
    const served = routes
      .map(({ path, stack }) => ({ path, methods: new Set(stack.map(({ method }) => method)) }))
      // A route for every method is the one that refuses those that are not declared.
      .filter(({ methods }) => methods.size < 10)
      .flatMap(({ path, methods }) => [...methods].map((method) => `${method} ${path}`))
      .map((route) => route.replace(/:(\w+)/, '{$1}'));
    expect(served.toSorted()).toEqual([...declared, ...reference].toSorted());
  });

  test('have ids, summaries and paths of their own', () => {
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
    for (const { id, summary, path } of operations) {
      expect(id).toMatch(/^[a-z]+[A-Za-z]+$/);
      expect(summary, id).not.toMatch(/\.$/);
      expect(path).toMatch(/^\/(v1|health|\.well-known)\/[a-z./{}-]+$/);
    }
  });

  test('take a tenant’s key only with a scope', () => {
    for (const { id, credential, scope } of operations) {
      expect({ id, hasScope: scope !== undefined }).toEqual({
        id,
        hasScope: credential === 'tenant',
      });
    }
  });
});

describe('the document', () => {
  test('is served as it is made, and for anybody', async () => {
    const answer = await api.request('GET', '/openapi.json');
    expect(answer.status).toBe(200);
    expect(Object.keys((answer.body as typeof document).paths ?? {})).toEqual(
      Object.keys(document.paths ?? {}),
    );
    const page = await api.request('GET', '/docs/');
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/(src|href)="https?:/);
  });

  test('lists every code of the error table, and the client’s types do too', () => {
    expect(problemSchema.shape.code.options).toEqual(codes);
    const types = readFileSync(new URL('../../client/generated/api.ts', import.meta.url), 'utf8');
    const listed = /"?code"?: ((?:"\w+" \| )+"\w+");/.exec(types)?.[1]?.split(' | ') ?? [];
    expect(listed.map((code) => code.slice(1, -1)).filter((code) => code !== 'valid')).toEqual(
      codes,
    );
  });

  test('names for each operation the codes that it may answer, under their status', () => {
    for (const operation of operations) {
      const described = document.paths?.[operation.path]?.[operation.method]?.responses ?? {};
      for (const code of errorsOf(operation)) {
        const response: unknown = described[String(errorTable[code].status) as `4${string}`];
        expect(JSON.stringify(response), `${operation.id} ${code}`).toContain(`\`${code}\``);
      }
    }
  });

  test('has a use for every code', () => {
    const used = new Set<ErrorCode>(operations.flatMap(errorsOf));
    const beforeOperations = ['method_not_allowed'];
    expect(codes.filter((code) => !used.has(code))).toEqual(beforeOperations);
  });
});
