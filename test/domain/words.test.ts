import { describe, expect, test } from 'vitest';
import { endReasons, errorTable, LicensingError } from '../../domain/errors.ts';
import { endEventOf, licenseEvents } from '../../domain/events.ts';
import { idPattern, idPrefixes, type IdPrefix } from '../../domain/ids.ts';
import { newId } from '../../platform/ids.ts';

/** Refusals of how often or how something was asked, which say nothing about what was asked. */
const undecided = ['rate_limited', 'idempotency_mismatch', 'idempotency_in_flight'];

describe('the error table', () => {
  test('never blames the caller for a fault of ours, nor locks anybody out for one', () => {
    for (const [code, { status, conclusive, retryable }] of Object.entries(errorTable)) {
      const decides = status < 500 && !undecided.includes(code);
      expect({ code, conclusive }).toEqual({ code, conclusive: decides });
      if (status >= 500) expect({ code, retryable }).toEqual({ code, retryable: true });
    }
  });

  test('keeps the cause of an error from its caller', () => {
    const error = new LicensingError('internal', 'Public.', { cause: new Error('private') });
    expect(JSON.stringify(error)).not.toContain('private');
    expect(error.message).toBe('internal: Public.');
  });
});

describe('the events', () => {
  test('record every end, and a waiter leaves the queue instead of releasing a seat', () => {
    for (const reason of endReasons) {
      for (const wasGranted of [true, false]) {
        expect(licenseEvents).toContain(endEventOf(reason, wasGranted));
      }
    }
    expect(endEventOf('released', true)).toBe('seat.released');
    expect(endEventOf('released', false)).toBe('queue.left');
    expect(endEventOf('lapsed', true)).toBe('lease.lapsed');
    expect(endEventOf('lapsed', false)).toBe('queue.left');
  });
});

describe('ids', () => {
  const prefixes = Object.keys(idPrefixes) as IdPrefix[];

  test('match the pattern of their kind and of no other', () => {
    for (const prefix of prefixes) {
      const id = newId(prefix);
      expect(prefixes.filter((other) => idPattern(other).test(id))).toEqual([prefix]);
    }
  });

  test('sort by the time of their making', () => {
    const ids = Array.from({ length: 200 }, () => newId('ses'));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each([
    '',
    'ses_',
    'SES_01h455vb4pex5vsknk084sn02q',
    'ses_01h455vb4pex5vsknk084sn02',
    'ses_91h455vb4pex5vsknk084sn02q',
    'ses_01h455vb4pex5vsknk084sn02u',
    'ses_01h455vb4pex5vsknk084sn02q\n',
  ])('are nothing like %j', (text) => {
    expect(idPattern('ses').test(text)).toBe(false);
  });
});
