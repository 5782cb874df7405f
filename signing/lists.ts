/** The newest list of what is revoked, as it is published. */
export interface PublishedRevocations {
  readonly seq: number;
  readonly token: string;
  /** Unix milliseconds, when there should be a newer one. */
  readonly nextUpdate: number;
}

/** Where the signed lists are found that clients get. */
export interface ListSource {
  /** A read of memory, for every request. Null: none was ever signed, or this process knows of none yet. */
  revocations(): PublishedRevocations | null;
  /** Lists of roots, the oldest first. */
  roots(): readonly string[];
}

/** Of a process that publishes nothing. */
export const noLists: ListSource = { revocations: () => null, roots: () => [] };
