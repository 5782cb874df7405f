/** The vendor's products. */
import {
  findProduct,
  insertProduct,
  listProducts as listRows,
  type NewProduct,
  type Page,
  type ProductChange,
  type ProductRecord,
  updateProduct,
} from '../data/catalog.ts';
import { inTransaction } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import { newId } from '../platform/ids.ts';
import { audit, type AuditContext } from './audit.ts';
import type { Deps } from './deps.ts';

/** @throws LicensingError `conflict` when the code is taken. */
export async function createProduct(
  deps: Pick<Deps, 'systemDb'>,
  context: AuditContext,
  input: NewProduct,
): Promise<ProductRecord> {
  const id = newId('prd');
  return inTransaction(deps.systemDb, async (tx) => {
    const product = await insertProduct(tx, { id, ...input });
    if (product === undefined) {
      throw new LicensingError('conflict', `There is a product with the code ${input.code}.`);
    }
    await audit(tx, context, { tenantId: null, action: 'product.create', subjectId: id });
    return product;
  });
}

/** @throws LicensingError `not_found`. */
export async function changeProduct(
  deps: Pick<Deps, 'systemDb'>,
  context: AuditContext,
  { id, change }: { id: string; change: ProductChange },
): Promise<ProductRecord> {
  return inTransaction(deps.systemDb, async (tx) => {
    const product = await updateProduct(tx, id, change);
    if (product === undefined) throw noSuchProduct();
    const act = { action: 'product.change', subjectId: id, detail: change };
    await audit(tx, context, { tenantId: null, ...act });
    return product;
  });
}

/** @throws LicensingError `not_found`. */
export async function readProduct(
  deps: Pick<Deps, 'systemDb'>,
  id: string,
): Promise<ProductRecord> {
  const product = await findProduct(deps.systemDb, id);
  if (product === undefined) throw noSuchProduct();
  return product;
}

function noSuchProduct(): LicensingError {
  return new LicensingError('not_found', 'There is no such product.');
}

export function listProducts(deps: Pick<Deps, 'systemDb'>, page: Page): Promise<ProductRecord[]> {
  return listRows(deps.systemDb, page);
}
