import { z } from 'zod';
import { suspend as suspendLicense } from '../../services/license-changes.ts';
import { defineLicenseChange } from './change-operation.ts';
import { phraseSchema } from '../schemas.ts';

const body = z.strictObject({ reason: phraseSchema(500) }).meta({ id: 'SuspendLicenseRequest' });

export const suspend = defineLicenseChange({
  id: 'suspendLicense',
  method: 'post',
  path: '/v1/licenses/{id}/suspend',
  summary: 'Suspend a license: no new sessions, running ones end at their next beat',
  action: 'license.suspend',
  body,
  change: ({ reason }) => suspendLicense(reason),
});
