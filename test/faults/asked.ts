/** What a client asks, as requests. */
import type { Answer, Asked } from './requests.ts';
import type { Site } from './site.ts';

const timeoutMs = 2_500;
const beatTimeoutMs = 1_250;
const lookSeconds = 2;

/** Runs all instances of one client. */
export interface ClientDevice {
  name: string;
  /** Gone after this run: it keeps no offline rights after a clean stop. */
  isEphemeral: boolean;
}

/** Who asks for a seat, and how. */
export interface Wish {
  instance: string;
  device: ClientDevice;
  /** A second process of the instance. */
  holder?: string;
  /** A session of the device whose seat will do. */
  takeover?: string;
}

export function acquireOf(site: Site, { instance, device, holder, takeover }: Wish): Asked {
  const { licenseKey, product, queues } = site;
  const program = { product, version: '1.0.0', usageType: 'builder' };
  const extras = { ...(takeover === undefined ? {} : { takeover }) };
  const { name, isEphemeral } = device;
  const fingerprint = { fingerprint: name, ephemeral: isEphemeral };
  const body = { instanceKey: instance, ...program, device: fingerprint, ...extras };
  return {
    ...{ device: name, keepsRights: !isEphemeral },
    ...{ deed: 'acquire', method: 'POST', path: '/v1/sessions', timeoutMs, instance, wait: queues },
    ...(holder === undefined ? {} : { holder }),
    ...extras,
    authorization: `License ${licenseKey}`,
    body: { ...body, wait: queues, ...(holder === undefined ? {} : { holderId: holder }) },
  };
}

/** A session as one of its holders knows it. */
export interface Held {
  answer: Answer;
  holder?: string;
}

export function beatOf(held: Held): Asked {
  const beat = ofHolder({ deed: 'renew', method: 'POST', suffix: '/heartbeat' }, held);
  return { ...beat, body: {}, timeoutMs: beatTimeoutMs };
}

/** The answer may take as long as the news. */
export function lookOf(held: Held): Asked {
  const suffix = `?wait=${String(lookSeconds)}`;
  const look = ofHolder({ deed: 'look', method: 'GET', suffix }, held);
  return { ...look, timeoutMs: lookSeconds * 1_000 + timeoutMs };
}

export function releaseOf(held: Held): Asked {
  return ofHolder({ deed: 'release', method: 'DELETE', suffix: '' }, held);
}

function ofHolder(
  { deed, method, suffix }: { deed: Asked['deed']; method: string; suffix: string },
  { answer: { session, credential = '' }, holder }: Held,
): Asked {
  return {
    ...{ deed, method, path: `/v1/sessions/${session.id}${suffix}`, timeoutMs },
    authorization: `Bearer ${credential}`,
    ...{ instance: session.instanceKey, session: session.id },
    ...(holder === undefined ? {} : { holder }),
  };
}
