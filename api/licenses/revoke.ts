import { z } from 'zod';
import { revoke as revokeLicense } from '../../services/license-changes.ts';
import { defineLicenseChange } from './change-operation.ts';
import { phraseSchema } from '../schemas.ts';

const body = z.strictObject({ reason: phraseSchema(500) }).meta({ id: 'RevokeLicenseRequest' });

export const revoke = defineLicenseChange({
  id: 'revokeLicense',
  method: 'post',
  path: '/v1/licenses/{id}/revoke',
  summary: 'Revoke a license for good; running sessions end at their next beat',
  action: 'license.revoke',
  body,
  change: ({ reason }) => revokeLicense(reason),
});
