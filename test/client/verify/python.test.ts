/** The verifier that shares no code with the client believes and refuses the same. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { hasCryptography } from '../../../dev/setup/cryptography.mjs';
import { cryptographyFolder, findOnPath } from '../../../dev/setup/places.mjs';
import type { Conformance } from '../../../dev/conformance/vectors.ts';

const folder = fileURLToPath(new URL('../../../client/conformance/', import.meta.url));
const isThere = await hasCryptography();

test.runIf(isThere)('the verifier in Python agrees with every vector', async () => {
  const text = await readFile(`${folder}vectors.json`, 'utf8');
  const { vectors } = JSON.parse(text) as Conformance;
  const env = {
    ...process.env,
    PYTHONPATH: cryptographyFolder(),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const python = findOnPath('python3') ?? 'python3';
  const { stdout } = await promisify(execFile)(python, [`${folder}verify.py`, '--json'], {
    ...{ env, maxBuffer: 10_000_000 },
  });
  expect(JSON.parse(stdout)).toEqual(vectors.map(({ expected }) => expected));
});

test.skipIf(isThere)(
  'the Python package cryptography is not installed (Python 3.10 or newer with pip, then npm test): it is not tried out',
  () => undefined,
);
