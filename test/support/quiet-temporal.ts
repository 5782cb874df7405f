import { DefaultLogger, Runtime } from '@temporalio/worker';

/** Keeps the SDK from telling the story of every worker; call it before anything of Temporal. */
export function quietTemporal(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
  });
}
