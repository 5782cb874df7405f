/** The vendor's catalogue and its customers: products, plans and tenants. */
import { sql } from 'kysely';
import type { Feature, Features } from '../domain/entitlement.ts';
import type { Policy } from '../domain/policy.ts';
import type { OfferedPlan } from '../domain/upgrade.ts';
import type { Database, TenantTransaction } from './database.ts';

export interface TenantRecord {
  id: string;
  name: string;
  createdAt: Date;
}
export interface ProductRecord {
  id: string;
  code: string;
  name: string;
  /** Where customers buy a larger plan, or null. */
  upgradeUrl: string | null;
  createdAt: Date;
}
export interface PlanRecord {
  id: string;
  productId: string;
  code: string;
  name: string;
  policy: Policy;
  /** Whether answers to anybody may name it. */
  offered: boolean;
  createdAt: Date;
}

export interface NewProduct {
  code: string;
  name: string;
  upgradeUrl?: string | null | undefined;
}
/** What is undefined stays. */
export type ProductChange = { [Member in 'name' | 'upgradeUrl']?: NewProduct[Member] | undefined };

export interface NewPlan {
  productId: string;
  code: string;
  name: string;
  policy: Policy;
  /** Default: true. */
  offered?: boolean | undefined;
}

/** A page in the order of making; `after` is the last id of the page before. */
export interface Page {
  after: string | null;
  limit: number;
}

const tenantColumns = ['id', 'name', 'createdAt'] as const;
const productColumns = ['id', 'code', 'name', 'upgradeUrl', 'createdAt'] as const;
const planColumns = ['id', 'productId', 'code', 'name', 'policy', 'offered', 'createdAt'] as const;

export async function insertTenant(
  db: Database,
  tenant: { id: string; name: string },
): Promise<TenantRecord> {
  return db.insertInto('tenants').values(tenant).returning(tenantColumns).executeTakeFirstOrThrow();
}

export async function findTenant(db: Database, id: string): Promise<TenantRecord | undefined> {
  return db.selectFrom('tenants').select(tenantColumns).where('id', '=', id).executeTakeFirst();
}

export async function listTenants(db: Database, page: Page): Promise<TenantRecord[]> {
  return db
    .selectFrom('tenants')
    .select(tenantColumns)
    .where('id', '>', page.after ?? '')
    .orderBy('id')
    .limit(page.limit)
    .execute();
}

/** @returns undefined when the code is taken. */
export async function insertProduct(
  db: Database,
  product: NewProduct & { id: string },
): Promise<ProductRecord | undefined> {
  return db
    .insertInto('products')
    .values(product)
    .onConflict((conflict) => conflict.column('code').doNothing())
    .returning(productColumns)
    .executeTakeFirst();
}

export async function findProduct(db: Database, id: string): Promise<ProductRecord | undefined> {
  return db.selectFrom('products').select(productColumns).where('id', '=', id).executeTakeFirst();
}

/** @returns undefined when there is no such product. */
export async function updateProduct(
  db: Database,
  id: string,
  change: ProductChange,
): Promise<ProductRecord | undefined> {
  return db
    .updateTable('products')
    .set(change)
    .where('id', '=', id)
    .returning(productColumns)
    .executeTakeFirst();
}

/** Holds a product against changes of what its plans have to agree about, until the transaction ends. */
export async function lockProduct(
  tx: TenantTransaction,
  id: string,
): Promise<{ id: string } | undefined> {
  return tx
    .selectFrom('products')
    .select('id')
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export async function listProducts(db: Database, page: Page): Promise<ProductRecord[]> {
  return db
    .selectFrom('products')
    .select(productColumns)
    .where('id', '>', page.after ?? '')
    .orderBy('id')
    .limit(page.limit)
    .execute();
}

/** @returns undefined when the product has a plan of that code already. */
export async function insertPlan(
  db: Database,
  plan: NewPlan & { id: string },
): Promise<PlanRecord | undefined> {
  const row = await db
    .insertInto('plans')
    .values({ ...plan, policy: JSON.stringify(plan.policy) })
    .onConflict((conflict) => conflict.columns(['productId', 'code']).doNothing())
    .returning(planColumns)
    .executeTakeFirst();
  return row as PlanRecord | undefined;
}

export async function findPlan(db: Database, id: string): Promise<PlanRecord | undefined> {
  const row = await db
    .selectFrom('plans')
    .select(planColumns)
    .where('id', '=', id)
    .executeTakeFirst();
  // The policy was checked by the schema of the operation that wrote it.
  return row as PlanRecord | undefined;
}

export async function listPlans(db: Database, page: Page): Promise<PlanRecord[]> {
  const rows = await db
    .selectFrom('plans')
    .select(planColumns)
    .where('id', '>', page.after ?? '')
    .orderBy('id')
    .limit(page.limit)
    .execute();
  return rows as PlanRecord[];
}

/** Features of these names as a plan of the product states them, one of each: which plan is left open. */
export async function findFeatures(
  db: Database,
  productId: string,
  names: readonly string[],
): Promise<Features> {
  if (names.length === 0) return {};
  const { rows } = await sql<{ name: string; stated: Feature }>`
    select distinct on (features.key) features.key as name, features.value as stated
    from plans, jsonb_each(plans.policy -> 'features') as features
    where plans.product_id = ${productId} and features.key = any(${names})`.execute(db);
  return Object.fromEntries(rows.map(({ name, stated }) => [name, stated]));
}

/** Most plans of a product that are looked through for one that allows more. */
const offeredMax = 100;

/**
 * The plans that a product offers to everybody, in the order in which they were made, with the features
 * of these names alone; and where it sells them.
 */
export async function listOffers(
  db: Database,
  productId: string,
  names: readonly string[],
): Promise<{ offered: OfferedPlan[]; url: string | null }> {
  const { rows } = await sql<{ url: string | null; plan: OfferedPlan | null }>`
    select products.upgrade_url as url,
      case when plans.id is not null then jsonb_build_object(
        'code', plans.code,
        'name', plans.name,
        'policy', jsonb_build_object(
          'usageTypes', plans.policy -> 'usageTypes',
          'features', (
            select coalesce(jsonb_object_agg(key, value), '{}')
            from jsonb_each(plans.policy -> 'features') where key = any(${names})
          )
        )
      ) end as plan
    from products left join plans on plans.product_id = products.id and plans.offered
    where products.id = ${productId}
    order by plans.id
    limit ${offeredMax}`.execute(db);
  const offered = rows.flatMap(({ plan }) => (plan === null ? [] : [plan]));
  return { offered, url: rows[0]?.url ?? null };
}
