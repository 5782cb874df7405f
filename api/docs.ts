import type { Express } from 'express';
import swaggerUi from 'swagger-ui-express';
import { errorTable, type ErrorCode } from '../domain/errors.ts';
import { createOpenApiDocument } from './openapi.ts';

/** Serves the OpenAPI document and the reference page, whose assets are all local. */
export function mountDocs(app: Express, publicUrl: string): void {
  const document = createOpenApiDocument(publicUrl);
  app.get('/openapi.json', (_request, response) => {
    response.set('Cache-Control', 'public, max-age=300').json(document);
  });
  app.get('/docs/errors', (_request, response) => {
    response.set('Cache-Control', 'public, max-age=300').type('html').send(errorsPage);
  });
  const options = { customSiteTitle: 'Leasehold API', swaggerOptions: { docExpansion: 'list' } };
  app.use('/docs', swaggerUi.serve, swaggerUi.setup(document, options));
}

/** The page that the `type` of every problem leads to. */
const errorsPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Leasehold: errors</title>
<style>body{font:16px/1.5 system-ui;max-width:46rem;margin:2rem auto;padding:0 1rem}dt{font-weight:600;margin-top:1.2rem}dd{margin:0}:target{background:#fff3b0}</style>
<h1>Errors</h1>
<p>Every answer from 400 on is an RFC 9457 problem with one of these codes. Its <code>detail</code> says what happened and what to do next.</p>
<dl>
${Object.entries(errorTable).map(describeError).join('\n')}
</dl>
</html>
`;

function describeError([code, entry]: [string, (typeof errorTable)[ErrorCode]]): string {
  const { title, status, conclusive, retryable } = entry;
  const meaning = conclusive
    ? 'The server looked, and the answer is no.'
    : 'The server could not decide: this is no denial, and a client must not lock anybody out for it.';
  const advice = retryable
    ? 'The same request may succeed later.'
    : 'Repeating the request changes nothing.';
  return `<dt id="${code}"><code>${code}</code> (HTTP ${status})</dt><dd>${title}. ${meaning} ${advice}</dd>`;
}
