/**
 * Runs the stand-in for Cloud KMS until it is told to stop. The server finds it by `KMS_ENDPOINT` and
 * `KMS_KEY`, which it writes to its output.
 *
 *     node dev/kms/main.ts --folder .leasehold/kms --port 9010 --control-port 9011
 */
import { parseArgs } from 'node:util';
import { openControlDoor } from './control.ts';
import { serveKms } from './server.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    port: { type: 'string', default: '0' },
    'control-port': { type: 'string', default: '0' },
  },
});
if (values.folder === undefined) throw new Error('Say where the key is kept: --folder <folder>');

const kms = await serveKms({ folder: values.folder, port: Number(values.port) });
const controlPort = await openControlDoor(kms, Number(values['control-port']));
console.log(`KMS_ENDPOINT=${kms.endpoint}`);
console.log(`KMS_KEY=${kms.keyName}`);
console.log(`Control: http://127.0.0.1:${controlPort}`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    kms.stop();
    process.exit(0);
  });
}
