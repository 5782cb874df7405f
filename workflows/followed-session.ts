import { defineSearchAttributeKey } from '@temporalio/common';
import {
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  sessionMemo,
  type LicenseSessionInput,
  type SessionMemo,
  type SessionProgress,
  type SessionRef,
} from './contract.ts';
import { Deadline } from './deadline.ts';
import { beginProgress, describeDeadline, describeProgress } from './session-progress.ts';

const statusKey = defineSearchAttributeKey('Status', 'KEYWORD');
const endReasonKey = defineSearchAttributeKey('EndReason', 'KEYWORD');

/**
 * A session as its workflow sees it: the progress, the deadline that follows from it, and what people
 * see of both in Temporal. Search attributes change with the status only, since each change is an
 * event and a write to the index; the memo changes when a timer is set, too.
 */
export class FollowedSession {
  readonly ref: SessionRef;
  readonly deadline: Deadline;
  /** Whether Redis is known to hold nothing for the session any more. */
  isFree = false;
  #progress: SessionProgress;

  constructor(input: LicenseSessionInput) {
    const { tenantId, licenseId, sessionId, instanceKey } = input;
    this.ref = { tenantId, licenseId, sessionId, instanceKey };
    this.#progress = beginProgress(input);
    this.deadline = new Deadline(this.#progress.until, {
      describe: (at) => describeDeadline(this.#progress, at),
    });
    setCurrentDetails(describeProgress(this.#progress));
  }

  get progress(): SessionProgress {
    return this.#progress;
  }

  isOpen(): boolean {
    return this.#progress.status !== 'ended';
  }

  /** Takes in news; the deadline follows. */
  change(next: SessionProgress): void {
    this.#progress = next;
    this.deadline.move(next.until);
    setCurrentDetails(describeProgress(next));
    if (workflowInfo().typedSearchAttributes.get(statusKey) === next.status) return;
    upsertSearchAttributes([
      { key: statusKey, value: next.status },
      ...(next.endReason === null ? [] : [{ key: endReasonKey, value: next.endReason }]),
    ]);
    if (this.isOpen()) this.show(next.until);
  }

  /** Shows in lists until when the present state lasts. */
  readonly show = (until: number): void => {
    const shown = workflowInfo().memo as SessionMemo | undefined;
    const memo = sessionMemo({ status: this.#progress.status, until });
    if (shown?.leaseUntil === memo.leaseUntil && shown?.waitsUntil === memo.waitsUntil) return;
    upsertMemo({ leaseUntil: memo.leaseUntil, waitsUntil: memo.waitsUntil });
  };
}
