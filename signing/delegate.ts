import type { TokenSigner } from './tokens/jws.ts';

/** The key that signs leases and denials now, and the root's certificate for it. */
export interface Delegate {
  readonly signer: TokenSigner;
  readonly certificate: string;
  /** Unix seconds; a token that is issued later is not believed. */
  readonly signUntil: number;
}

/** Where the present delegate is found. */
export interface DelegateSource {
  /**
   * The delegate that may sign at this moment: a read of memory, for every request. Null where nothing is
   * signed by KMS, before the first certificate, and once that of the newest has run out. Answers then go
   * without their tokens: that is no reason to refuse anything.
   */
  current(): Delegate | null;
}

/** Of a process that signs nothing. */
export const noDelegate: DelegateSource = { current: () => null };
