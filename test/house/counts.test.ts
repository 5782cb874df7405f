import { expect, test } from 'vitest';
import { countTests, secondTries } from '../../dev/test.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((outcome) => ({
    status: outcome,
    fullName: `a test that ${outcome}`,
  })),
});

test('counts tests, and a file that could not be loaded as one failure', () => {
  const report = {
    numPassedTests: 2,
    numFailedTests: 1,
    testResults: [file('passed', 'passed', 'passed'), file('failed', 'failed'), file('failed')],
  };
  expect(countTests(report, 1)).toEqual({ passed: 2, failed: 2 });
});

test('never calls a run green that ended with a fault', () => {
  const report = { numPassedTests: 1, numFailedTests: 0, testResults: [file('passed', 'passed')] };
  expect(countTests(report, 1)).toEqual({ passed: 1, failed: 1 });
});

test('counts a run without a report as a failure', () => {
  expect(countTests(null, 0)).toEqual({ passed: 0, failed: 1 });
});

test('names what passed at the second try only', () => {
  const late = { status: 'passed', fullName: 'a late one', failureMessages: ['Not within 10 ms'] };
  const good = { status: 'passed', fullName: 'a good one', failureMessages: [] };
  const bad = { status: 'failed', fullName: 'a bad one', failureMessages: ['no'] };
  const testResults = [{ status: 'failed', assertionResults: [late, good, bad] }];
  expect(secondTries({ numPassedTests: 2, numFailedTests: 1, testResults })).toEqual([
    'a late one',
  ]);
  expect(secondTries(null)).toEqual([]);
});
