import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type {
  LicenseRef,
  LicenseTermFacts,
  LicenseTermInput,
  LicenseTermProgress,
} from './contract.ts';
import { Deadline } from './deadline.ts';

const statusKey = defineSearchAttributeKey('Status', 'KEYWORD');

/** Where nothing ends by itself, the facts are read anew a day later. */
const dayMs = 86_400_000;
/** At least this long from one reading to the next, should the clocks of worker and Temporal disagree. */
const readEveryMs = 1_000;

/** A license as its workflow sees it, and what people see of that in Temporal. */
export class FollowedTerm {
  readonly ref: LicenseRef;
  /** When the next file ends or must be renewed. */
  readonly deadline = new Deadline(0, { describe: (at) => `license files until ${iso(at)}` });
  /** Whether something happened since the facts were read. */
  hasNews = false;
  readonly #signing = new Set<string>();
  #progress: LicenseTermProgress;

  constructor({ tenantId, licenseId, status, carried }: LicenseTermInput) {
    this.ref = { tenantId, licenseId };
    this.#progress = carried ?? { status, open: 0, pending: [], nextAt: null, signals: 0 };
  }

  get progress(): LicenseTermProgress {
    return this.#progress;
  }

  /** A message: what it says is in Postgres, so it only has the facts read anew. */
  hear(): void {
    this.hasNews = true;
    this.#progress = { ...this.#progress, signals: this.#progress.signals + 1 };
  }

  beginReading(): void {
    this.hasNews = false;
  }

  learn(facts: LicenseTermFacts): void {
    this.#progress = { ...facts, signals: this.#progress.signals };
    const now = this.deadline.now();
    this.deadline.move(Math.max(facts.nextAt ?? now + dayMs, now + readEveryMs));
    setCurrentDetails(describe(this.#progress));
    if (workflowInfo().typedSearchAttributes.get(statusKey) === facts.status) return;
    upsertSearchAttributes([{ key: statusKey, value: facts.status }]);
  }

  /** Check-outs that nobody is signing yet. */
  unsigned(): string[] {
    return this.#progress.pending.filter((id) => !this.#signing.has(id));
  }

  beginSigning(checkOutId: string): void {
    this.#signing.add(checkOutId);
  }

  endSigning(checkOutId: string): void {
    this.#signing.delete(checkOutId);
    this.hasNews = true;
  }

  /** Whether there is nothing left to do, and nothing to wait for. */
  isSettled(): boolean {
    return !this.hasNews && this.#signing.size === 0 && this.#progress.open === 0;
  }
}

/** One line for the top of the workflow's page in Temporal's UI. */
function describe({ status, open, pending, nextAt }: LicenseTermProgress): string {
  const next = nextAt === null ? '' : `, next change ${iso(nextAt)}`;
  return `${status}: ${open} license files, ${pending.length} to be signed${next}.`;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
