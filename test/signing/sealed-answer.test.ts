import { expect, test } from 'vitest';
import { createAnswerSeal } from '../../signing/sealed-answer.ts';

const secret = 'lho_a-secret-of-the-caller';
const seal = createAnswerSeal({ secret, id: 'row' });
const text = '{"secret":"lht_shown-once"}';

test('opens what the same caller sealed for the same row', () => {
  expect(createAnswerSeal({ secret, id: 'row' }).open(seal.seal(text))).toBe(text);
  expect(seal.seal(text).equals(seal.seal(text))).toBe(false);
  expect(seal.seal(text).includes('shown-once')).toBe(false);
});

test('opens nothing for another caller, for another row, or after one bit has changed', () => {
  const sealed = seal.seal(text);
  expect(() => createAnswerSeal({ secret: 'lho_other', id: 'row' }).open(sealed)).toThrow();
  expect(() => createAnswerSeal({ secret, id: 'other' }).open(sealed)).toThrow();
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(sealed.readUInt8(at) ^ 1, at);
    expect(() => seal.open(changed), String(at)).toThrow();
  }
  for (const length of [0, 11, 27, 28]) {
    expect(() => seal.open(sealed.subarray(0, length))).toThrow();
  }
});

test('recognizes a request by its mac, for the same caller only', () => {
  const mac = seal.macOf('request');
  expect(seal.hasMac('request', mac)).toBe(true);
  expect(seal.hasMac('another', mac)).toBe(false);
  expect(seal.hasMac('request', Buffer.alloc(0))).toBe(false);
  expect(createAnswerSeal({ secret: 'lho_other', id: 'row' }).hasMac('request', mac)).toBe(false);
});
