/**
 * A machine that is to work where there is no network: takes a seat out of the pool with a license file, goes
 * away, comes back and gives the file up, again and again.
 */
import type { HeldFile } from './file.ts';
import { pause } from './pause.ts';
import type { Random } from './random.ts';
import type { Asked, Learned, Requests } from './requests.ts';
import type { Site } from './site.ts';

export interface TravellerPlan {
  device: string;
  site: Site;
  requests: Requests;
  random: Random;
}

/** A license has twenty files a day. */
const tripsMax = 15;
const timeoutMs = 4_500;
/** How long a file is waited for that is still to be signed. */
const looksMax = 40;
const lookEveryMs = 200;
/** The least that the API gives. */
const ttlSeconds = 60;

/** Runs until `stopping`, then gives up what it holds. Never throws. */
export async function runTraveller(plan: TravellerPlan, stopping: AbortSignal): Promise<void> {
  const { random, requests } = plan;
  for (let trips = 0; trips < tripsMax && !stopping.aborted;) {
    const file = await takeFile(plan, stopping);
    if (file !== null) {
      trips += 1;
      if (file.isHere) await pause(random.between(300, 2_500), stopping);
      let learned: Learned | undefined;
      for (let tries = 0; tries < 3 && learned?.kind !== 'yes'; tries += 1) {
        learned = await requests.ask(checkInOf(plan, file));
      }
    }
    await pause(random.between(100, 500), stopping);
  }
}

/** @returns null when there is none to be had now. */
async function takeFile(plan: TravellerPlan, stopping: AbortSignal): Promise<HeldFile | null> {
  const { requests } = plan;
  let file = fileOf(await requests.ask(checkOutOf(plan)));
  for (let looks = 0; looks < looksMax && !stopping.aborted; looks += 1) {
    if (file?.status !== 'pending') return file;
    await pause(lookEveryMs, stopping);
    file = fileOf(await requests.ask(fetchOf(plan, file))) ?? file;
  }
  return file;
}

function fileOf(learned: Learned): HeldFile | null {
  return learned.kind === 'yes' ? (learned.file ?? null) : null;
}

function checkOutOf(plan: TravellerPlan): Asked {
  const { product } = plan.site;
  const body = { product, device: { fingerprint: plan.device }, ttlSeconds };
  const path = '/v1/licenses/check-out';
  return { ...asked(plan), deed: 'check-out', method: 'POST', path, body };
}

function fetchOf(plan: TravellerPlan, { id }: HeldFile): Asked {
  return { ...asked(plan), deed: 'fetch', method: 'GET', path: `/v1/check-outs/${id}`, file: id };
}

function checkInOf(plan: TravellerPlan, { id }: HeldFile): Asked {
  const body = { device: { fingerprint: plan.device } };
  const path = `/v1/check-outs/${id}/check-in`;
  return { ...asked(plan), deed: 'check-in', method: 'POST', path, body, file: id };
}

function asked({ device, site }: TravellerPlan) {
  const authorization = `License ${site.licenseKey}`;
  return { ...{ authorization, timeoutMs, instance: device, device }, isOfFile: true } as const;
}
