/** The table of attacks, made anew with each run: all are refused, for the reason that is theirs. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { makeDelegate } from '../../../dev/conformance/keys.ts';
import { makeVectors, type Conformance } from '../../../dev/conformance/vectors.ts';
import { givenForgedRoot, givenRoot } from '../../support/roots.ts';
import { judge } from './judge.ts';

const conformance = await makeVectors({
  roots: [givenRoot(1), givenRoot(2), givenRoot(3)],
  forged: givenForgedRoot('root-1'),
  delegate: makeDelegate('d1'),
  twin: makeDelegate('d1'),
});
const { vectors } = conformance;
const titled = vectors.map((vector) => [`${vector.kind}: ${vector.name}`, vector] as const);

describe('believes', () => {
  test.each(titled.filter(([, { expected }]) => expected.isGood))('%s', async (_name, vector) => {
    expect(await judge(vector, conformance)).toEqual(vector.expected);
  });
});

describe('refuses', () => {
  test.each(titled.filter(([, { expected }]) => !expected.isGood))('%s', async (_name, vector) => {
    expect(await judge(vector, conformance)).toEqual(vector.expected);
  });
});

describe('the vectors that are committed', async () => {
  const file = new URL('../../../client/conformance/vectors.json', import.meta.url);
  const committed = JSON.parse(await readFile(file, 'utf8')) as Conformance;

  test('are those of the table: npm run vectors makes them anew', () => {
    const summary = ({ vectors: all }: Conformance) =>
      all.map(({ kind, name, expected }) => ({
        ...{ kind, name, fault: expected.isGood ? null : expected.fault },
      }));
    expect(summary(committed)).toEqual(summary(conformance));
  });

  test('are judged by the client as every verifier must', async () => {
    const { vectors: all } = committed;
    const found = await Promise.all(all.map((vector) => judge(vector, committed)));
    expect(found).toEqual(all.map(({ expected }) => expected));
  });

  test('hold no private key', () => {
    const members = JSON.stringify(committed).match(/"(d|p|q|dp|dq|qi|k)":/g);
    expect(members).toBeNull();
  });
});
