import { isLoopback } from './loopback.ts';

/** Where calls of Cloud KMS go instead of to Google: a host and port, or a socket of the stand-in. */
export type KmsEndpoint =
  { kind: 'host'; host: string; port: number } | { kind: 'socket'; path: string };

/** The one key of the stand-in, named as Cloud KMS names keys. No project of Google's has so short a name. */
export const standInKey = 'projects/dev/locations/global/keyRings/leasehold/cryptoKeys/root';

/** `host:port`, or `unix:` and an absolute path. */
export const kmsEndpointForm = /^([^:\s/]+:\d+|unix:\/[^/\s]\S*)$/;

/** Takes a text of that form apart. */
export function parseKmsEndpoint(text: string): KmsEndpoint {
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  if (rest.startsWith('/')) return { kind: 'socket', path: rest };
  return { kind: 'host', host: text.slice(0, colon), port: Number(rest) };
}

/** Whether nobody but the stand-in can answer there: only it is asked without TLS and credentials. */
export function isStandIn(endpoint: KmsEndpoint): boolean {
  return endpoint.kind === 'socket' || isLoopback(endpoint.host);
}
