import type {
  ActivityInput,
  LocalActivityInput,
  SignalInput,
  WorkflowExecuteInput,
  WorkflowInterceptors,
} from '@temporalio/workflow';

/** Where OpenTelemetry's interceptors for clients and activities keep a trace's context. */
const traceHeader = '_tracer-data';

/**
 * Hands the trace of what last asked something of a workflow on to its activities. It makes no span and
 * schedules nothing, so that it cannot change how a history replays; and the SDK of OpenTelemetry, which
 * would be in every workflow's memory, stays outside.
 */
export function interceptors(): WorkflowInterceptors {
  let carried: Record<string, unknown> = {};
  const take = ({ headers }: WorkflowExecuteInput | SignalInput) => {
    const context = headers[traceHeader];
    if (context !== undefined) carried = { [traceHeader]: context };
  };
  const handOn = <Input extends ActivityInput | LocalActivityInput>(input: Input): Input => ({
    ...input,
    headers: { ...carried, ...input.headers },
  });
  return {
    inbound: [
      {
        execute: (input, next) => {
          take(input);
          return next(input);
        },
        handleSignal: (input, next) => {
          take(input);
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(handOn(input)),
        scheduleLocalActivity: (input, next) => next(handOn(input)),
        continueAsNew: (input, next) =>
          next({ ...input, headers: { ...(carried as typeof input.headers), ...input.headers } }),
      },
    ],
  };
}
