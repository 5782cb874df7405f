import type { Express } from 'express';
import swaggerUi from 'swagger-ui-express';
import { createOpenApiDocument } from './openapi.ts';

/** Serves the OpenAPI document and the reference page, whose assets are all local. */
export function mountDocs(app: Express, publicUrl: string): void {
  const document = createOpenApiDocument(publicUrl);
  app.get('/openapi.json', (_request, response) => {
    response.set('Cache-Control', 'public, max-age=300').json(document);
  });
  const options = { customSiteTitle: 'Leasehold API', swaggerOptions: { docExpansion: 'list' } };
  app.use('/docs', swaggerUi.serve, swaggerUi.setup(document, options));
}
