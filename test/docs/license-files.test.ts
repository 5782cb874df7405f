/** What docs/license-files.md gives people to hold their own code against. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { hashDevice } from '../../signing/tokens/device-hash.ts';
import { commitTo } from '../../signing/tokens/request-file.ts';

test('its worked example is what ours comes to', async () => {
  const page = await readFile(new URL('../../docs/license-files.md', import.meta.url), 'utf8');
  expect(page).toContain(
    `- \`device\` and \`fp\`: \`${await hashDevice('acme-cad', 'fingerprint-1')}\`\n`,
  );
  expect(page).toContain(`- \`nonce\`: \`${await commitTo('A'.repeat(43))}\`\n`);
});
