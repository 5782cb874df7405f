/**
 * Runs the stand-in for Cloud KMS until it is told to stop. The server finds it by `KMS_ENDPOINT` and
 * `KMS_KEY`, which it writes to its output.
 *
 *     node dev/kms/main.ts --folder .leasehold/kms --port 9010 --control-port 9011
 *     node dev/kms/main.ts --folder /keys --socket /run/kms/kms.sock
 */
import { parseArgs } from 'node:util';
import { openControlDoor } from './control.ts';
import { serveKms } from './server.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    port: { type: 'string' },
    socket: { type: 'string' },
    'control-port': { type: 'string', default: '0' },
  },
});
if (values.folder === undefined) throw new Error('Say where the key is kept: --folder <folder>');

const { folder, port, socket } = values;
if (port !== undefined && socket !== undefined) throw new Error('Say one of --port and --socket');

const kms = await serveKms({
  folder,
  ...(port === undefined ? {} : { port: Number(port) }),
  ...(socket === undefined ? {} : { socket }),
});
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
