import { decodeProtectedHeader } from 'jose';

/** What a text turns out to be. */
export type Kind =
  | 'lease'
  | 'denial'
  | 'certificate'
  | 'revocation_list'
  | 'root_list'
  | 'license_file'
  | 'request_file'
  | 'deactivation_file';

/** A text by its kind, with nothing of it believed. */
export type Recognised =
  | {
      readonly kind: 'lease' | 'denial';
      readonly token: string;
      readonly certificate: string | null;
    }
  | { readonly kind: Exclude<Kind, 'lease' | 'denial'>; readonly token: string };

const kinds: Readonly<Partial<Record<string, Kind>>> = {
  'lic-lease+jwt': 'lease',
  'lic-denial+jwt': 'denial',
  'lic-delegate+jwt': 'certificate',
  'lic-revoked+jwt': 'revocation_list',
  'lic-roots+jwt': 'root_list',
};

/** How the files begin that people carry; where that line is damaged, what is left of it will do. */
const armored = /LEASEHOLD (LICENSE|REQUEST|DEACTIVATION) FILE/;
const files: Readonly<Partial<Record<string, Exclude<Kind, 'lease' | 'denial'>>>> = {
  LICENSE: 'license_file',
  REQUEST: 'request_file',
  DEACTIVATION: 'deactivation_file',
};

/** Longest text that is looked at: a file, or a revocation list with a little around it. */
const lengthMax = 1_048_576;

/**
 * Says what a text is by its first line or the types that its tokens claim: tokens alone, with white
 * space between them, or members of a JSON object, such as an answer of the API or the file of a
 * remembered seat. Null: nothing of ours.
 */
export function recognise(text: string): Recognised | null {
  if (text.length > lengthMax) return null;
  const isJson = text.trimStart().startsWith('{');
  const carried = isJson ? membersOf(text, ['licenseFile', 'deactivationFile'])[0] : undefined;
  if (carried !== undefined) return recognise(carried);
  const [, name = ''] = (isJson ? null : armored.exec(text.slice(0, 200))) ?? [];
  const file = files[name];
  if (file !== undefined) return { kind: file, token: text };
  const tokens = isJson ? membersOf(text, tokenMembers) : text.trim().split(/\s+/);
  const found = tokens.slice(0, 3).map((token) => ({ token, kind: kindOf(token) }));
  const certificate = found.find(({ kind }) => kind === 'certificate');
  const [first, ...others] = found.filter((one) => one !== certificate);
  if (others.length > 0) return null;
  if (first === undefined) {
    return certificate === undefined ? null : { kind: 'certificate', token: certificate.token };
  }
  const { kind, token } = first;
  switch (kind) {
    case null:
      return null;
    case 'lease':
    case 'denial':
      return { kind, token, certificate: certificate?.token ?? null };
    default:
      return certificate === undefined ? { kind, token } : null;
  }
}

/** As the API calls them. */
const tokenMembers = ['leaseToken', 'denial', 'certificate', 'revocations', 'roots'];

function membersOf(text: string, names: readonly string[]): string[] {
  try {
    const members = JSON.parse(text) as Record<string, unknown>;
    return names.map((name) => members[name]).filter((value) => typeof value === 'string');
  } catch {
    return [];
  }
}

function kindOf(token: string): Kind | null {
  try {
    const { typ = '' } = decodeProtectedHeader(token);
    return kinds[typ] ?? null;
  } catch {
    return null;
  }
}
