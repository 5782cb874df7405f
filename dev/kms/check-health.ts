/**
 * Ends with 0 when the stand-in for Cloud KMS answers on this socket, for a container's health check.
 *
 *     node dev/kms/check-health.ts /run/kms/kms.sock
 */
import { greet } from './socket.ts';

const [, , path] = process.argv;
if (path === undefined) throw new Error('Say which socket: node dev/kms/check-health.ts <path>');
await greet(path, 3_000);
