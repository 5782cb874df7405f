import { describe, expect, test } from 'vitest';
import { matchesLock } from '../../dev/setup/packages.mjs';

const pg = { version: '8.0.0', integrity: 'sha512-a' };
const wanted = {
  '': { version: '0.1.0' },
  'node_modules/pg': pg,
  'node_modules/other-platform': { version: '1.0.0', integrity: 'sha512-b', optional: true },
};

describe('an installation is taken as it is', () => {
  test('when every package is the one in the lock', () => {
    expect(matchesLock(wanted, { 'node_modules/pg': pg })).toBe(true);
  });
});

describe('an installation is made again', () => {
  test.each([
    ['when nothing was installed', {}],
    ['when a package is missing', { 'node_modules/x': pg }],
    ['when a version differs', { 'node_modules/pg': { ...pg, version: '8.0.1' } }],
    ['when a content differs', { 'node_modules/pg': { ...pg, integrity: 'sha512-c' } }],
    ['when there is a package too many', { 'node_modules/pg': pg, 'node_modules/left': pg }],
  ])('%s', (_, installed) => {
    expect(matchesLock(wanted, installed)).toBe(false);
  });
});
