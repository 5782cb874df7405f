import { describe, expect, test } from 'vitest';
import { armor, readArmor } from '../../../signing/tokens/armor.ts';

const text = `${'a1-_'.repeat(40)}.${'Zz09'.repeat(10)}.x`;
const file = armor('LICENSE FILE', text);
const lines = file.trimEnd().split('\n');
const faultOf = (armored: string) => {
  const check = readArmor('LICENSE FILE', armored);
  return check.isGood ? null : check.fault;
};

test('wraps what it holds between two lines that say what it is', () => {
  expect(lines.at(0)).toBe('-----BEGIN LEASEHOLD LICENSE FILE-----');
  expect(lines.at(-1)).toBe('-----END LEASEHOLD LICENSE FILE-----');
  expect(lines.slice(1, -1).every((line) => line.length <= 64)).toBe(true);
  expect(lines.slice(1, -1).join('')).toBe(text);
});

describe('is read', () => {
  test.each([
    ['as it was made', file],
    ['with the line ends of Windows', file.replaceAll('\n', '\r\n')],
    ['with blank lines around it', `\n \r\n${file}\n\n`],
    ['behind a byte order mark', `\uFEFF${file}`],
    [
      'wrapped elsewhere',
      armor('LICENSE FILE', text)
        .replace(/\n(?=[^-])/, '\na1-_\n')
        .replace('a1-_a1-_', 'a1-_'),
    ],
  ])('%s', (_how, armored) => {
    expect(readArmor('LICENSE FILE', armored)).toEqual({ isGood: true, text });
  });
});

describe('is refused with its fault', () => {
  test.each([
    ['no_begin', ''],
    ['no_begin', text],
    ['no_begin', lines.slice(1).join('\n')],
    ['no_begin', `Dear customer,\n${file}`],
    ['no_begin', file.replace('LICENSE FILE', 'LICENCE FILE')],
    ['other_kind', armor('REQUEST FILE', text)],
    ['no_end', lines.slice(0, -1).join('\n')],
    ['no_end', `${file}Regards`],
    ['no_end', file.replace('END LEASEHOLD LICENSE', 'END LEASEHOLD REQUEST')],
    ['empty', `${String(lines.at(0))}\n${String(lines.at(-1))}`],
    ['bad_line', file.replace('\na1', '\n> a1')],
    ['bad_line', file.replace('\na1', '\n\na1')],
    ['bad_line', file.replace('a1-_\n', 'a1-_ \n')],
    ['bad_line', file.replace('a1', 'ä1')],
    ['bad_line', file.replace('a1-_\n', 'a1-_')],
    ['bad_line', file.replaceAll('\n', '\n').replace('a1-_\n', 'a1-_\r')],
    ['bad_line', `${file}${file}`],
    ['too_long', armor('LICENSE FILE', 'a'.repeat(1_048_576))],
  ])('%s', (fault, armored) => {
    expect(faultOf(armored)).toBe(fault);
  });
});
