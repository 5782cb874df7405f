/** `leasehold verify`: whether to believe a file that a Leasehold server signed. Needs no network. */
import { pinsMissing } from '../errors.ts';
import { LearnedTrust } from '../learned-trust.ts';
import { describeDevice, machineId } from '../machine.ts';
import { readPins } from '../pins.ts';
import type { Inspection, RootTrust } from '../verify/index.ts';
import { exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { readText } from './files.ts';
import { inspectionLines } from './verify-words.ts';

export interface VerifyOptions {
  /** The file of the pinned roots. */
  roots?: string;
  /** The file of a revocation list. */
  revocations?: string;
  product?: string;
  /** The fingerprint of a device; `any`: it is not compared. */
  device?: string;
  at?: Date;
  json: boolean;
}

/** Prints what the file is and how each check went on standard output. @returns the exit code. */
export async function verify(file: string, options: VerifyOptions): Promise<number> {
  try {
    const { revocations } = options;
    const verifier = await import('../verify/index.ts');
    const product = options.product ?? process.env['LEASEHOLD_PRODUCT'] ?? null;
    const keySet = readRequiredPins(options);
    const environment = process.env;
    const learned = await LearnedTrust.open(verifier, { keySet, product, environment });
    const at = Math.floor((options.at?.getTime() ?? Date.now()) / 1000);
    const text = readText(file, 'file');
    if (revocations !== undefined) {
      await learned.takeRevocations(readText(revocations, 'revocation list'));
    }
    const { trust, known } = learned;
    const fingerprint = fingerprintOf(options.device);
    const demand = { trust, known, at, product, fingerprint };
    const inspection = await verifier.inspect(text, demand);
    if (options.json) console.log(JSON.stringify(documentOf(file, at, trust, inspection)));
    else for (const line of inspectionLines(file, inspection, at)) console.log(line);
    return inspection?.isGood === true ? 0 : exitCodes.notProven;
  } catch (error) {
    return reportFailure(error, options);
  }
}

/** Of this machine, unless another one is named. */
function fingerprintOf(device: string | undefined): string | null {
  if (device === 'any') return null;
  return device ?? describeDevice(machineId(process.env)).fingerprint;
}

function readRequiredPins(options: VerifyOptions): unknown {
  const pins = readPins(options, process.env);
  if (pins !== null) return pins;
  throw pinsMissing();
}

function documentOf(file: string, at: number, trust: RootTrust, inspection: Inspection | null) {
  const head = { file, at: new Date(at * 1000), roots: [...trust.roots.keys()] };
  if (inspection === null) return { ...head, kind: null, isGood: false, fault: null, steps: [] };
  const { kind, isGood, steps } = inspection;
  if (isGood) return { ...head, kind, isGood, fault: null, claims: inspection.claims, steps };
  return { ...head, kind, isGood, fault: { part: inspection.part, code: inspection.fault }, steps };
}
