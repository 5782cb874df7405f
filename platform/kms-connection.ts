/** The only file that knows the SDK of Cloud KMS. */
import type { KeyManagementServiceClient as KmsClient } from '@google-cloud/kms';
import type { CallOptions, ClientOptions } from 'google-gax';
import { isStandIn, parseKmsEndpoint } from './kms-endpoint.ts';

export type { CallOptions, KmsClient };

/**
 * One client, made when it is first needed, so that a process that never signs loads no SDK. The SDK
 * keeps a failure to load its credentials for ever: after a call that got no answer, drop its client.
 */
export function createKmsConnection(endpoint: string | undefined) {
  let opening: Promise<KmsClient> | null = null;
  const open = () => {
    opening ??= connect(endpoint);
    return opening;
  };
  const close = async (client: typeof opening) => {
    if (client === opening) opening = null;
    await client?.then((opened) => opened.close()).catch(() => undefined);
  };
  return {
    open,
    /** Has the next call open another one. */
    drop: (client: Promise<KmsClient> | null) => void close(client),
    close: () => close(opening),
  };
}

async function connect(endpoint: string | undefined): Promise<KmsClient> {
  const { KeyManagementServiceClient } = await import('@google-cloud/kms');
  const client = new KeyManagementServiceClient(await clientOptions(endpoint));
  await client.initialize();
  return client;
}

async function clientOptions(endpoint: string | undefined): Promise<ClientOptions> {
  // Connections with the same target are shared otherwise, and a new client would get the broken one.
  const own = { 'grpc.use_local_subchannel_pool': 1 };
  if (endpoint === undefined) return own;
  const place = parseKmsEndpoint(endpoint);
  const { grpc } = await import('google-gax');
  // The SDK makes every address of a host and a port, which a socket has not.
  const where =
    place.kind === 'host'
      ? { apiEndpoint: place.host, port: place.port }
      : {
          apiEndpoint: 'localhost',
          'grpc.channelFactoryOverride': (
            ...[, credentials, options]: ConstructorParameters<typeof grpc.Channel>
          ) => new grpc.Channel(endpoint, credentials, options),
        };
  if (!isStandIn(place)) return { ...own, ...where };
  // The domain is given, or the SDK would look for a metadata server of Google's to ask.
  const clientOptions = { universeDomain: 'googleapis.com' };
  return { ...own, ...where, sslCreds: grpc.credentials.createInsecure(), clientOptions };
}
