/** What `leasehold verify` says, as plain text. Pure. */
import type { Claims, Inspection, Kind, Step } from '../verify/index.ts';

/** What the file is, how each check went, and what it proves; the last line is the answer. */
export function inspectionLines(file: string, inspection: Inspection | null, at: number): string[] {
  if (inspection === null) {
    return [`${file} is nothing that a Leasehold server signs, or is damaged beyond recognition.`];
  }
  const { kind, steps } = inspection;
  const head = `${file} is ${names[kind]}. As of ${instant(at)}:`;
  return [head, ...steps.map((step) => stepLine(kind, step)), answerOf(inspection)];
}

const names: Record<Kind, string> = {
  lease: 'a lease token with its certificate',
  denial: 'a denial with its certificate',
  certificate: "the certificate of a delegate's key",
  revocation_list: 'a revocation list',
  root_list: 'a list of roots',
  license_file: 'a license file',
  request_file: 'a request for a license file',
  deactivation_file: 'the giving up of a license file',
};

const subjects: Record<Kind, string> = {
  ...{ lease: 'lease', denial: 'denial', certificate: 'certificate' },
  ...{ revocation_list: 'list', root_list: 'list' },
  ...{ license_file: 'file', request_file: 'file', deactivation_file: 'file' },
};

const marks: Record<Step['outcome'], string> = { passed: '✓', failed: '✗', not_reached: '·' };

const questions: Record<Step['check'], string> = {
  armor: 'is whole, from its first line to its last',
  form: 'is written the one way in which Leasehold writes it',
  type: 'says that it is what it is used as',
  key: 'names a key that is trusted for it',
  algorithm: 'names the algorithm of that key',
  signature: 'is signed by that key',
  time: 'has begun and is not over',
  product: 'is for the product',
  scope: 'lets its key sign such a token',
  issue: 'was issued while its key might sign',
  revocation: 'is not revoked, nor is its key',
  order: 'is no older than what is known, and contradicts nothing',
  request: 'answers the request',
  holder: 'is of the license and session that it is shown for',
  device: 'is for this device, or bound to none',
};

function stepLine(kind: Kind, { part, check, outcome }: Step): string {
  const subject = part === 'certificate' ? 'certificate' : subjects[kind];
  return `  ${marks[outcome]} ${subject} ${questions[check]}`;
}

function answerOf(inspection: Inspection): string {
  if (!inspection.isGood) return `Not to be believed (${inspection.fault}).`;
  const { kind } = inspection;
  const isSigned = kind !== 'request_file' && kind !== 'deactivation_file';
  return `${isSigned ? 'Good' : 'Whole, and signed by nobody'}: ${meaningOf(inspection)}.`;
}

function meaningOf({ kind, claims }: Extract<Inspection, { isGood: true }>): string {
  const of = (name: string) => textOf(claims[name]);
  const when = (name: string) => instant(claims[name]);
  switch (kind) {
    case 'lease':
      return `${of('sub')} of product ${of('aud')}, plan ${of('tier')}, gives ${of('sid')} a seat until ${when('lease_until')}, offline until ${when('exp')}`;
    case 'denial':
      return `the server refused ${whomOf(claims)} with ${of('code')} at ${when('iat')}`;
    case 'certificate':
      return `its key may sign until ${when('sign_until')}; what it signed is believed until ${when('verify_until')} at the longest`;
    case 'revocation_list':
    case 'root_list':
      return `number ${of('seq')}, signed at ${when('iat')}`;
    case 'license_file':
      return `${of('sub')} of product ${of('aud')}, plan ${of('tier')} with ${of('seats')} seats, until ${when('exp')}, on ${claims['fp'] === undefined ? 'every device' : 'one device'}`;
    case 'request_file':
      return `one device asks for a license file of product ${of('product')}`;
    case 'deactivation_file':
      return `one device gives up file ${of('file')} of ${of('license')}`;
  }
}

/** Of a request that it could not read, or whose credential it did not know, the server knows less. */
function whomOf(claims: Claims): string {
  const instance = claims['instance_key'] === '' ? 'a request' : textOf(claims['instance_key']);
  return claims['aud'] === '' ? instance : `${instance} of product ${textOf(claims['aud'])}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}

function instant(seconds: unknown): string {
  if (typeof seconds !== 'number') return '?';
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
