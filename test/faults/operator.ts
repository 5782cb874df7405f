/** The operator of the fleet: takes seats away, sells more or fewer, suspends licenses and reinstates them. */
import { z } from 'zod';

import { monotonicMs, type HistoryEvent, type Recorder } from './history.ts';
import { pause } from './pause.ts';
import type { Random } from './random.ts';
import type { Site } from './site.ts';
import type { Stack } from './stack.ts';

export interface OperatorPlan {
  stack: Stack;
  sites: readonly Site[];
  recorder: Recorder;
  random: Random;
  /** Who holds which seat at present. */
  held: ReadonlyMap<string, { site: Site; session: string }>;
}

interface Act {
  deed: 'force' | 'seats' | 'suspend' | 'reinstate';
  site: Site;
  method?: string;
  path: string;
  body: object;
  told?: Partial<HistoryEvent>;
}

type Operate = (act: Act) => Promise<boolean>;

/** Does something every few seconds until `stopping`. Never throws. */
export async function runOperator(plan: OperatorPlan, stopping: AbortSignal): Promise<void> {
  const { random, held, sites } = plan;
  const operate = operator(plan);
  await pause(random.between(1_000, 3_000), stopping);
  while (!stopping.aborted) {
    const [first, ...others] = held.values();
    const site = sites[random.between(0, sites.length - 1)];
    const draw = random.next();
    if (site === undefined) return;
    if (draw < 0.25) await sell(operate, site, site.seats + random.between(-1, 1));
    else if (draw < 0.45) await suspendFor(operate, site, random.between(200, 1_200), stopping);
    else if (first !== undefined) await force(operate, random.pick([first, ...others]));
    await pause(random.between(1_000, 3_000), stopping);
  }
}

function force(
  operate: Operate,
  { site, session }: { site: Site; session: string },
): Promise<boolean> {
  const path = `/v1/sessions/${session}/force-release`;
  return operate({ deed: 'force', site, path, body: { reason: 'Fleet' }, told: { session } });
}

async function sell(operate: Operate, site: Site, seats: number): Promise<void> {
  const path = `/v1/licenses/${site.licenseId}`;
  await operate({ deed: 'seats', site, method: 'PATCH', path, body: { seats }, told: { seats } });
}

const triesMax = 20;

async function suspendFor(
  operate: Operate,
  site: Site,
  ms: number,
  stopping: AbortSignal,
): Promise<void> {
  const path = `/v1/licenses/${site.licenseId}`;
  await operate({ deed: 'suspend', site, path: `${path}/suspend`, body: { reason: 'Fleet' } });
  await pause(ms, stopping);
  const reinstate: Act = { deed: 'reinstate', site, path: `${path}/reinstate`, body: {} };
  for (let tries = 0; tries < triesMax && !(await operate(reinstate)); tries += 1) {
    await pause(100, stopping);
  }
}

const problemSchema = z.object({ code: z.string() });

/** Writes each act into the history, and says whether it was answered with yes. */
function operator({ stack, recorder }: OperatorPlan): Operate {
  let op = 0;
  return async ({ deed, site, method = 'POST', path, body, told = {} }) => {
    const { licenseId, tenantId } = site;
    const about = { client: 'operator', op: (op += 1), deed, licenseId, instance: '', ...told };
    recorder.append({ ...about, at: monotonicMs(), phase: 'invoke' });
    const code = await send(`${stack.apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${stack.operatorKey}`,
        'content-type': 'application/json',
        'leasehold-tenant': tenantId,
      },
      body: JSON.stringify(body),
    });
    const outcome = code === null ? { phase: 'ok' as const } : { phase: 'info' as const, code };
    recorder.append({ ...about, at: monotonicMs(), ...outcome });
    return code === null;
  };
}

/** @returns null for yes, else the code of what went wrong. */
async function send(url: string, request: RequestInit): Promise<string | null> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(2_500) });
    const text = await response.text();
    return response.ok ? null : problemSchema.parse(JSON.parse(text)).code;
  } catch {
    return 'unreachable';
  }
}
