import { chmodSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GrpcClient, grpc } from 'google-gax';
import { standInKey } from '../../platform/kms-endpoint.ts';
import { createFaultSwitches, type FaultSwitches, type Faults } from './faults.ts';
import { openKeyStore, type KeyStore } from './key-store.ts';
import { Refusal, createKmsService } from './service.ts';
import { removeStaleSocket } from './socket.ts';

/** A stand-in for Cloud KMS that answers calls. */
export interface ServedKms {
  /** For KMS_ENDPOINT. */
  readonly endpoint: string;
  /** For KMS_KEY. */
  readonly keyName: string;
  /** The resource name of a version: that of version 1 unless told otherwise. */
  versionName(id?: number): string;
  readonly faults: FaultSwitches;
  readonly store: KeyStore;
  /** How many calls of a method have come, such as `asymmetricSign`. */
  calls(method: string): number;
  /** Every signature that was made, as the log of data access of Cloud KMS tells it. */
  auditLog(): readonly AuditedSignature[];
  /** Ends all calls and the server. */
  stop: () => void;
}

/** An entry of Cloud Logging, as far as it is used. The stand-in does not know who calls. */
export interface AuditedSignature {
  timestamp: string;
  protoPayload: {
    methodName: 'AsymmetricSign';
    resourceName: string;
    authenticationInfo: { principalEmail: string };
  };
}

/** What the stand-in is started with. */
export interface KmsServerOptions {
  /** Keeps the key. */
  folder: string;
  /** On 127.0.0.1; a free one unless given. */
  port?: number;
  /** The path of a socket to serve on instead of a port. */
  socket?: string;
}

/**
 * Serves the calls of Cloud KMS that Leasehold makes, over gRPC without TLS, on 127.0.0.1 alone, or on
 * a socket that every user of this machine who reaches its folder may connect to. The
 * folder keeps the key; an empty one gets its first version, which is there when this resolves.
 * Every other call is answered UNIMPLEMENTED.
 * @throws Error in production: whoever can read the folder can sign.
 */
export async function serveKms(options: KmsServerOptions): Promise<ServedKms> {
  if (process.env['NODE_ENV'] === 'production') {
    throw new Error('The stand-in for Cloud KMS refuses to run in production.');
  }
  const store = openKeyStore(options.folder);
  if (store.list().length === 0) store.create();
  await store.generated();
  const faults = createFaultSwitches();
  const calls = new Map<string, number>();
  const server = new grpc.Server();
  const signatures: AuditedSignature[] = [];
  const service = createKmsService(store, (version) => {
    signatures.push(describeSignature(version));
  });
  const methods = Object.entries(service).map(([name, method]) => {
    const handle: grpc.handleUnaryCall<Parameters<typeof method>[0], object> = (call, reply) => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      const met = faults.meet();
      store.holdGeneration(met.holdGeneration);
      void answer(met, () => method(call.request, met)).then(
        (message) => message === null || reply(null, message),
        (error: unknown) => {
          reply(error instanceof Refusal ? error : { code: grpc.status.UNKNOWN, details: 'fault' });
        },
      );
    };
    return [name, handle];
  });
  const handlers = Object.fromEntries(methods) as grpc.UntypedServiceImplementation;
  server.addService(loadService(), handlers);
  const endpoint = await listen(server, options);
  return {
    endpoint,
    keyName: standInKey,
    versionName: (id = 1) => `${standInKey}/cryptoKeyVersions/${id}`,
    ...{ faults, store },
    calls: (method) => calls.get(method) ?? 0,
    auditLog: () => signatures,
    stop: () => {
      server.forceShutdown();
    },
  };
}

function describeSignature(resourceName: string): AuditedSignature {
  return {
    timestamp: new Date().toISOString(),
    protoPayload: {
      ...{ methodName: 'AsymmetricSign', resourceName },
      authenticationInfo: { principalEmail: 'unknown' },
    },
  };
}

/** Null: the call stalls. */
async function answer(faults: Faults, work: () => object): Promise<object | null> {
  const lateMs = faults.delayMs + Math.random() * faults.jitterMs;
  if (lateMs > 0) await delay(lateMs);
  if (faults.stall) return null;
  if (faults.status !== null) throw new Refusal(faults.status, 'As its faults say.');
  return work();
}

/** The real definition of the service, which ships with the client of Cloud KMS. */
function loadService(): grpc.ServiceDefinition {
  const require = createRequire(import.meta.url);
  // Its main file is build/src/index.js.
  const protos = join(dirname(require.resolve('@google-cloud/kms')), '../protos');
  const loaded = new GrpcClient().loadProto(protos, 'google/cloud/kms/v1/service.proto');
  const kms = loaded as unknown as {
    google: { cloud: { kms: { v1: { KeyManagementService: grpc.ServiceClientConstructor } } } };
  };
  return kms.google.cloud.kms.v1.KeyManagementService.service;
}

/** @returns where it listens, for KMS_ENDPOINT. */
async function listen(server: grpc.Server, options: KmsServerOptions): Promise<string> {
  const { socket, port = 0 } = options;
  if (socket === undefined) return `127.0.0.1:${await bind(server, `127.0.0.1:${port}`)}`;
  await removeStaleSocket(socket);
  await bind(server, `unix:${socket}`);
  // Connecting to a socket takes the right to write it; the servers run as another user than this.
  chmodSync(socket, 0o666);
  return `unix:${socket}`;
}

function bind(server: grpc.Server, address: string): Promise<number> {
  const credentials = grpc.ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}
