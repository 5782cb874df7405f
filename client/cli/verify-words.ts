/** What `leasehold verify` says, as plain text. Pure. */
import type { Inspection, Kind, Step } from '../verify/index.ts';

/** What the file is, how each check went, and what it proves; the last line is the answer. */
export function inspectionLines(file: string, inspection: Inspection | null, at: number): string[] {
  if (inspection === null) {
    return [`${file} is nothing that a Leasehold server signs, or is damaged beyond recognition.`];
  }
  const { kind, steps } = inspection;
  const head = `${file} is ${kindNames[kind]}. As of ${instant(at)}:`;
  return [head, ...steps.map((step) => stepLine(kind, step)), answerOf(inspection)];
}

const kindNames: Record<Kind, string> = {
  lease: 'a lease token with its certificate',
  denial: 'a denial with its certificate',
  certificate: "the certificate of a delegate's key",
  revocation_list: 'a revocation list',
  root_list: 'a list of roots',
};

const marks: Record<Step['outcome'], string> = { passed: '✓', failed: '✗', not_reached: '·' };

const questions: Record<Step['check'], string> = {
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
};

function stepLine(kind: Kind, { part, check, outcome }: Step): string {
  const subject =
    kind === 'certificate' ? 'it' : part === 'token' ? tokenNames[kind] : 'certificate';
  return `  ${marks[outcome]} ${subject} ${questions[check]}`;
}

const tokenNames: Record<Exclude<Kind, 'certificate'>, string> = {
  lease: 'lease',
  denial: 'denial',
  revocation_list: 'list',
  root_list: 'list',
};

function answerOf(inspection: Inspection): string {
  if (inspection.isGood) return `Good: ${meaningOf(inspection.kind, inspection.claims)}.`;
  return `Not to be believed (${inspection.fault}).`;
}

type Claims = Extract<Inspection, { isGood: true }>['claims'];

function meaningOf(kind: Kind, claims: Claims): string {
  const of = (name: string) => {
    const value = claims[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
  };
  switch (kind) {
    case 'lease':
      return `${of('sub')} of product ${of('aud')}, plan ${of('tier')}, gives ${of('sid')} a seat until ${instant(claims['lease_until'])}, offline until ${instant(claims.exp)}`;
    case 'denial':
      return `the server refused ${of('instance_key')} of product ${of('aud')} with ${of('code')} at ${instant(claims.iat)}`;
    case 'certificate':
      return `its key may sign until ${instant(claims['sign_until'])}; what it signed is believed until ${instant(claims['verify_until'])} at the longest`;
    case 'revocation_list':
    case 'root_list':
      return `number ${of('seq')}, signed at ${instant(claims.iat)}`;
  }
}

function instant(seconds: unknown): string {
  return typeof seconds === 'number'
    ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
    : '?';
}
