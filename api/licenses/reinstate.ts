import { z } from 'zod';
import { reinstate as reinstateLicense } from '../../services/license-changes.ts';
import { defineLicenseChange } from './change-operation.ts';

export const reinstate = defineLicenseChange({
  id: 'reinstateLicense',
  method: 'post',
  path: '/v1/licenses/{id}/reinstate',
  summary: 'End a suspension: sessions may start again, those it ended stay ended',
  action: 'license.reinstate',
  body: z.strictObject({}).meta({ id: 'ReinstateLicenseRequest' }),
  change: () => reinstateLicense(),
});
