/** `leasehold activate` and `deactivate`: a license file for a machine that never sees a network. */
import { misconfigured } from '../errors.ts';
import { lastingFingerprint, openTrust, verifyForMachine } from '../license-file.ts';
import { keepLicense, readLicense, type KeptLicense } from '../license-store.ts';
import { resolveProduct, resolveProgram } from '../settings.ts';
import type { UsageType } from '../../domain/validation.ts';
import { exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { readText, writeText } from './files.ts';

interface CommonOptions {
  product?: string;
  /** Where to write what is to be carried. */
  out: string;
  json: boolean;
}

export interface ActivateOptions extends CommonOptions {
  usageType?: UsageType;
  /** For how many seconds the file is wanted. */
  ttl?: number;
  /** The license file that came back. */
  response?: string;
  /** The file of a revocation list that was carried here. */
  revocations?: string;
  roots?: string;
}

/** Asks for a license file, installs the one that came back, or takes a list in. @returns the exit code. */
export async function activate(options: ActivateOptions): Promise<number> {
  try {
    const { response, revocations } = options;
    if (response !== undefined) return await install(response, options);
    return await (revocations === undefined ? request(options) : takeIn(options));
  } catch (error) {
    return reportFailure(error, options);
  }
}

async function request(options: ActivateOptions): Promise<number> {
  const { out, ttl, json } = options;
  const { product, usageType } = resolveProgram({ ...options, version: 'any' }, process.env);
  const { makeRequestFile } = await import('../verify/index.ts');
  const fingerprint = lastingFingerprint();
  const made = await makeRequestFile({ product, usage: usageType, fingerprint, ttl });
  keepLicense({ ...readLicense(product, process.env), pendingSecret: made.secret }, process.env);
  writeText(out, made.file);
  if (json) tell({ event: 'requested', product, file: out });
  else {
    say(`The request is in ${out}. Where there is a network and the license key, run:`);
    say(`  leasehold check-out --request ${out} --out license.lic`);
    say('and here, with the license file that comes back:');
    say(`  leasehold activate --offline --product ${product} --response license.lic`);
  }
  return 0;
}

async function install(file: string, options: ActivateOptions): Promise<number> {
  const { commitTo, recognise } = await import('../verify/index.ts');
  const found = recognise(readText(file, 'license file'));
  const licenseFile = found?.token ?? '';
  const product = resolveProduct(options, process.env);
  const kept = readLicense(product, process.env);
  const { pendingSecret } = kept;
  const nonce = pendingSecret === null ? undefined : await commitTo(pendingSecret);
  const trust = await trustOf(options, product);
  const check = await verifyForMachine(licenseFile, { product, trust, nonce });
  if (!check.isGood) {
    const { fault } = check;
    if (options.json) tell({ event: 'refused', product, fault });
    else
      say(
        `Not installed, for it is not to be believed here (${fault}). leasehold verify ${file} shows each check.`,
      );
    return exitCodes.notProven;
  }
  const secret = pendingSecret ?? (await secretOf(check.claims.nonce, kept, commitTo));
  const installed = { licenseFile, secret, pendingSecret: null, deactivationFile: null };
  keepLicense({ product, ...installed }, process.env);
  const until = new Date(check.claims.exp * 1000).toISOString();
  if (options.json) tell({ event: 'installed', product, licenseId: check.claims.sub, until });
  else say(`${check.claims.sub} is installed for ${product} on this machine until ${until}.`);
  return 0;
}

/** Takes a revocation list in, and says whether the installed file is good by it. */
async function takeIn(options: ActivateOptions): Promise<number> {
  const product = resolveProduct(options, process.env);
  const trust = await trustOf(options, product);
  const { licenseFile } = readLicense(product, process.env);
  const check =
    licenseFile === null ? null : await verifyForMachine(licenseFile, { product, trust });
  const fault = check?.isGood === false ? check.fault : null;
  const { seq } = trust.known;
  if (options.json) tell({ event: 'revocations_known', product, seq, fault });
  else {
    say(`Revocation list ${seq} is known to the programs of ${product} on this machine.`);
    if (fault !== null) say(`The installed license file is not to be believed (${fault}).`);
  }
  return fault === null ? 0 : exitCodes.notProven;
}

function trustOf({ roots, revocations: file }: ActivateOptions, product: string) {
  const revocations = file === undefined ? undefined : readText(file, 'revocation list');
  return openTrust({ roots, revocations }, product);
}

/** A file that is installed once more keeps the secret behind it. */
async function secretOf(
  nonce: string | undefined,
  { secret }: KeptLicense,
  commitTo: (secret: string) => Promise<string>,
): Promise<string | null> {
  return secret !== null && (await commitTo(secret)) === nonce ? secret : null;
}

/** Removes the license file and writes what tells the server so. @returns the exit code. */
export async function deactivate(options: CommonOptions): Promise<number> {
  try {
    const product = resolveProduct(options, process.env);
    const kept = readLicense(product, process.env);
    const text = kept.deactivationFile ?? (await giveUp(kept));
    writeText(options.out, text);
    if (options.json) tell({ event: 'deactivated', product, file: options.out });
    else {
      say(
        `The license file of ${product} is removed. Where there is a network and the license key, run:`,
      );
      say(`  leasehold check-in ${options.out}`);
      say('Until then its seat is not free for others.');
    }
    return 0;
  } catch (error) {
    return reportFailure(error, options);
  }
}

/** Remembers what it wrote: should it not arrive where it was to be written, it is there once more. */
async function giveUp(kept: KeptLicense): Promise<string> {
  const { makeDeactivationFile, peekLicenseFile } = await import('../verify/index.ts');
  const file = kept.licenseFile === null ? null : peekLicenseFile(kept.licenseFile);
  if (file === null) throw misconfigured(`No license file is installed for ${kept.product} here.`);
  const { id, licenseId: license, device } = file;
  if (device === null) {
    throw misconfigured('The license file is bound to no device: there is nothing to give up.');
  }
  const secret = kept.secret === null ? {} : { secret: kept.secret };
  const deactivationFile = makeDeactivationFile({ license, file: id, device, ...secret });
  const { product } = kept;
  const nothing = { licenseFile: null, secret: null, pendingSecret: null };
  keepLicense({ product, ...nothing, deactivationFile }, process.env);
  return deactivationFile;
}

/** On standard error where the file itself goes to standard output. */
function say(line: string): void {
  console.error(line);
}

function tell(event: object): void {
  console.error(JSON.stringify(event));
}
