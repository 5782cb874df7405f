import type { LeaseRange } from '../../signing/tokens/revocation-list.ts';

/** A text, or one that is too long to be written down. */
export type Text = string | { readonly repeat: string; readonly times: number };

/** What is known, and what the input is to be for. Instants in unix seconds. */
export interface VectorDemand {
  readonly at: number;
  /** Ids of the roots that are pinned, of those in the file's `roots`, the oldest first. */
  readonly pinned: readonly string[];
  readonly revoked: {
    readonly keys: readonly string[];
    readonly licenses: readonly string[];
    readonly leases: readonly LeaseRange[];
  };
  readonly product: string;
  readonly licenseId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly nonce?: string | undefined;
  /** The hash of the device that reads it. */
  readonly device?: string;
  readonly instanceKey?: string | undefined;
  /** The credential that the refused request came with. */
  readonly credential?: string | undefined;
  /** What the answer says that a denial came with. */
  readonly told?: { readonly code: string; readonly reason: string | null } | undefined;
  /** Of the newest revocation list that is known: its number, and the root that signed it. */
  readonly known?: { readonly seq: number; readonly signedBy: string | null };
}

export type VectorKind =
  'lease' | 'denial' | 'certificate' | 'license_file' | 'revocation_list' | 'root_list';

export type Expected =
  | {
      readonly isGood: true;
      readonly claims: unknown;
      /** For lists: which roots are trusted from then on, in their order. */
      readonly roots?: readonly string[];
    }
  | {
      readonly isGood: false;
      readonly part: 'certificate' | 'token' | 'file';
      readonly fault: string;
    };

/** One input, what is demanded of it, and what every verifier must find. */
export interface Vector {
  readonly name: string;
  readonly kind: VectorKind;
  readonly token: Text;
  readonly certificate?: Text;
  readonly demand: VectorDemand;
  readonly expected: Expected;
}

/** The text as it is meant. */
export function textOf(text: Text): string {
  return typeof text === 'string' ? text : text.repeat.repeat(text.times);
}
