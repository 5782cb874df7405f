import { decodeProtectedHeader } from 'jose';

/** What a text turns out to be. */
export type Kind = 'lease' | 'denial' | 'certificate' | 'revocation_list' | 'root_list';

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

/** Longest text that is looked at: a revocation list with a little around it. */
const lengthMax = 1_000_000;

/**
 * Says what a text is by the types that its tokens claim: tokens alone, with white space between them, or
 * members of a JSON object, such as an answer of the API or the file of a remembered seat. Null: nothing
 * of ours.
 */
export function recognise(text: string): Recognised | null {
  if (text.length > lengthMax) return null;
  const tokens = text.trimStart().startsWith('{') ? membersOf(text) : text.trim().split(/\s+/);
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

/** The members that hold tokens, as the API calls them. */
function membersOf(text: string): string[] {
  try {
    const members = JSON.parse(text) as Record<string, unknown>;
    const names = ['leaseToken', 'denial', 'certificate', 'revocations', 'roots'];
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
