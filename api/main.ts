import { loadConfig } from '../platform/config.ts';
import { startApi } from './server.ts';

const api = await startApi(loadConfig());
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    api.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
