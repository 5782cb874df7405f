import type { FuzzWorld } from './world.ts';

/** Seconds for one answer; the longest look at a queue that a request may ask for is 60. */
const requestSecondsMax = 70;

/**
 * What Schemathesis is told of the world, as TOML: a credential for each security scheme of the document,
 * and ids that lead somewhere for three of four requests; the others get made-up ones.
 */
export function settingsOf(world: FuzzWorld): string {
  const { license, session, spareSession } = world;
  const ids: [operations: string, ids: string[]][] = [
    ['getSession renewSession getSessionHistory', [session.id]],
    ['releaseSession forceReleaseSession', [spareSession.id]],
    ['getLicense listLicenseSessions', [license.id]],
    ['rotateLicenseKey changeLicense suspendLicense reinstateLicense', [world.spareLicenseId]],
    ['revokeLicense', [world.lostLicenseId]],
    ['getTenant', [world.tenantId]],
    ['getProduct', [world.productId]],
    ['getPlan', [world.planId]],
    ['revokeApiKey', [world.spareApiKeyId]],
  ];
  return [
    `request-timeout = ${String(requestSecondsMax)}`,
    `headers = { Leasehold-Tenant = ${quote(world.tenantId)} }`,
    table('auth.openapi.licenseKey', { api_key: `License ${license.key}` }),
    table('auth.openapi.sessionCredential', { bearer: session.credential }),
    table('auth.openapi.apiKey', { bearer: world.apiKey }),
    table('auth.openapi.operatorKey', { bearer: world.operatorKey }),
    ...ids.map(([operations, values], nth) =>
      known(`known-${String(nth)}`, { operations, parameter: 'path.id', values }),
    ),
    ...bodies(world),
    ...beyondSchemas,
  ].join('\n');
}

/** Rules between fields, and between a request and what is stored, which no schema can tell. */
const beyondSchemas = [
  '[[operations]]',
  'include-operation-id = ["createPlan", "issueLicense", "changeLicense", "checkOutLicense", "checkIn"]',
  'checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422"]',
];

function bodies({ product, productId, planId }: FuzzWorld): string[] {
  const named: [operations: string, parameter: string, value: string][] = [
    ['acquireSession validateLicense', 'body.product', product],
    ['issueLicense createPlan', 'body.productId', productId],
    ['issueLicense', 'body.planId', planId],
  ];
  return named.map(([operations, parameter, value], nth) =>
    known(`named-${String(nth)}`, { operations, parameter, values: [value] }),
  );
}

function known(
  name: string,
  { operations, parameter, values }: { operations: string; parameter: string; values: string[] },
): string {
  return [
    `[dictionaries.${name}]`,
    `values = [${values.map(quote).join(', ')}]`,
    '[[operations]]',
    `include-operation-id = [${operations.split(' ').map(quote).join(', ')}]`,
    `parameters = { ${quote(parameter)} = { dictionary = ${quote(name)}, probability = 0.75 } }`,
  ].join('\n');
}

function table(name: string, members: Record<string, string>): string {
  const lines = Object.entries(members).map(([key, value]) => `${key} = ${quote(value)}`);
  return [`[${name}]`, ...lines].join('\n');
}

/** Ids and credentials are plain ASCII, for which JSON and TOML quote alike. */
function quote(text: string): string {
  return JSON.stringify(text);
}
