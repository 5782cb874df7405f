import { ApplicationFailureCategory } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';
import { LicensingError, errorTable, type ErrorCode } from '../../domain/errors.ts';
import { KmsFault } from '../../platform/kms-faults.ts';
import { toApplicationFailure, workerInterceptors } from '../../workers/interceptors.ts';

describe('a failure of an activity', () => {
  test.each(Object.keys(errorTable) as ErrorCode[])(
    '%s is told to Temporal as the table of failures has it',
    (code) => {
      const { retryable, expected } = errorTable[code];
      expect(toApplicationFailure(new LicensingError(code, 'A detail.'))).toMatchObject({
        type: code,
        message: 'A detail.',
        nonRetryable: !retryable,
        category: expected ? ApplicationFailureCategory.BENIGN : undefined,
      });
    },
  );

  test('passes through every activity, with its cause', async () => {
    const cause = new Error('connection refused');
    const environment = new MockActivityEnvironment(undefined, {
      interceptors: workerInterceptors.activity,
      logger: new DefaultLogger('ERROR'),
    });
    const failing = () => Promise.reject(new LicensingError('unavailable', 'Redis.', { cause }));
    await expect(environment.run(failing)).rejects.toMatchObject({
      type: 'unavailable',
      nonRetryable: false,
      cause,
    });
  });

  test('of a signing key that cannot be trusted is not tried again', async () => {
    const environment = new MockActivityEnvironment(undefined, {
      interceptors: workerInterceptors.activity,
      logger: new DefaultLogger('ERROR'),
    });
    const fault = new KmsFault('The signature does not verify');
    await expect(environment.run(() => Promise.reject(fault))).rejects.toMatchObject({
      ...{ type: 'KmsFault', message: fault.message, nonRetryable: true },
    });
  });

  test('that is no failure of ours stays what it is, and is tried again', async () => {
    const environment = new MockActivityEnvironment(undefined, {
      interceptors: workerInterceptors.activity,
      logger: new DefaultLogger('ERROR'),
    });
    const bug = new TypeError('undefined is not a function');
    await expect(environment.run(() => Promise.reject(bug))).rejects.toBe(bug);
  });
});
