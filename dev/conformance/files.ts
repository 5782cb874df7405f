/** License files, as people carry them. */
import { armor } from '../../signing/tokens/armor.ts';
import { makeToken } from '../../signing/tokens/jws.ts';
import { makeLicenseFile, type LicenseFileClaims } from '../../signing/tokens/license-file.ts';
import { edited } from './forgery.ts';
import type { VectorKeys } from './keys.ts';
import type { Text, Vector, VectorDemand } from './vector.ts';
import { at, goodCertificate, issuer, vectorOf } from './world.ts';

const year = 365 * 86_400;
const device = 'd'.repeat(43);
const nothing = { keys: [], licenses: [], leases: [] };

const claims: LicenseFileClaims = {
  ...{ iss: issuer, aud: 'cad', sub: 'lic_1', tid: 'ten_1', jti: 'cho_1' },
  ...{ iat: at, nbf: at, exp: at + 30 * 86_400, license_until: at + year, tier: 'pro' },
  ...{ feat: { agents: 52, betas: true }, seats: 5, usage: ['builder'] },
  ...{ fp: device, nonce: 'n1', rev_seq: 0 },
};

export async function licenseFileVectors(keys: VectorKeys): Promise<Vector[]> {
  const [root, next] = keys.roots;
  const file = await makeLicenseFile(root.signer, claims);
  const [begin = '', ...rest] = file.trimEnd().split('\n');
  const end = rest.pop() ?? '';
  const token = rest.join('');
  const type = 'lic-file+jwt';
  const signed = async (changed: object) =>
    armor(
      'LICENSE FILE',
      await makeToken(root.signer, { type, claims: { ...claims, ...changed } }),
    );
  const good = (name: string, text: string, changed: object, demand: Partial<VectorDemand> = {}) =>
    vectorOf({
      ...{ name, kind: 'license_file', token: text, demand: { device, nonce: 'n1', ...demand } },
      expected: { isGood: true, claims: { ...claims, ...changed } },
    });
  const bad = (name: string, text: Text, fault: string, demand: Partial<VectorDemand> = {}) =>
    vectorOf({
      ...{ name, kind: 'license_file', token: text, demand: { device, nonce: 'n1', ...demand } },
      expected: { isGood: false, part: 'file', fault },
    });
  const lines = (...changed: string[]) => `${changed.join('\n')}\n`;
  const [line = '', second = '', ...others] = rest;
  const unbound = { fp: undefined, nonce: undefined };

  return [
    good('good', file, {}),
    good('good for whoever asked for nothing', file, {}, { nonce: undefined }),
    good('good with line ends of Windows', file.replaceAll('\n', '\r\n'), {}),
    good('good with blank lines around it', `\ufeff\n\n${file}\n\n`, {}),
    good(
      'good with lines of other lengths',
      lines(begin, token.slice(0, 9), ...rewrapped(token.slice(9)), end),
      {},
    ),
    good('good by a later root', await makeLicenseFile(next.signer, claims), {}),
    good('good in its last minute', file, {}, { at: claims.exp + 60 }),
    good(
      'good on every device, bound to none',
      ...([
        await signed(unbound),
        { ...unbound },
        { nonce: undefined, device: 'e'.repeat(43) },
      ] as const),
    ),
    bad('on another device', file, 'other_device', { device: 'e'.repeat(43) }),
    bad('the answer to another request', file, 'other_request', { nonce: 'n2' }),
    bad('the answer to no request', await signed(unbound), 'other_request'),
    bad('another product', file, 'wrong_audience', { product: 'cam' }),
    bad('what is over', file, 'expired', { at: claims.exp + 61 }),
    bad('the future', file, 'not_yet_valid', { at: at - 61 }),
    bad('a revoked license', file, 'revoked_license', {
      revoked: { ...nothing, licenses: ['lic_1'] },
    }),
    bad('of a revoked root', file, 'revoked_key', { revoked: { ...nothing, keys: ['root-1'] } }),
    bad('of a root that is not pinned', file, 'unknown_key', { pinned: ['root-2'] }),
    bad(
      'by another key with the name of the root',
      await makeLicenseFile(keys.forged.signer, claims),
      'bad_signature',
    ),
    bad(
      'which the delegate signed',
      await makeLicenseFile(keys.delegate.signer, claims),
      'unknown_key',
    ),
    bad(
      'which the delegate signed by the name of the root',
      await makeLicenseFile({ ...keys.delegate.signer, kid: 'root-1' }, claims),
      'wrong_algorithm',
    ),
    bad('a certificate', armor('LICENSE FILE', await goodCertificate(keys)), 'wrong_type'),
    bad(
      'an edited claim',
      armor('LICENSE FILE', edited(token, 'claims', { seats: 500 })),
      'bad_signature',
    ),
    bad(
      'the algorithm none',
      armor('LICENSE FILE', edited(token, 'header', { alg: 'none' })),
      'wrong_algorithm',
    ),
    bad('longer than the license', await signed({ exp: at + year + 1 }), 'malformed'),
    bad('without seats', await signed({ seats: undefined }), 'malformed'),
    bad('for a name instead of a device', await signed({ fp: 'laptop' }), 'malformed'),
    bad('the token alone', token, 'no_begin'),
    bad('a text before it', `Dear Ann,\n${file}`, 'no_begin'),
    bad('a text behind it', `${file}Yours, Bob\n`, 'no_end'),
    bad('two of them', `${file}${file}`, 'bad_line'),
    bad('cut off', lines(begin, ...rest.slice(0, 3)), 'no_end'),
    bad('nothing between its lines', lines(begin, end), 'empty'),
    bad('a request file', file.replaceAll('LICENSE', 'REQUEST'), 'other_kind'),
    bad(
      'which ends as another',
      lines(begin, ...rest, end.replace('LICENSE', 'REQUEST')),
      'no_end',
    ),
    bad('quoted in a mail', lines(begin, ...rest.map((text) => `> ${text}`), end), 'bad_line'),
    bad('a blank line within', lines(begin, line, '', second, ...others, end), 'bad_line'),
    bad('a line too few', lines(begin, second, ...others, end), 'malformed'),
    bad('two lines in the wrong order', lines(begin, second, line, ...others, end), 'malformed'),
    bad(
      'a changed letter',
      lines(begin, ...rest.slice(0, -1), swapped(rest.at(-1) ?? ''), end),
      'bad_signature',
    ),
    bad('1 MB', { repeat: 'A', times: 1_048_577 }, 'too_long'),
    bad('nothing', '', 'no_begin'),
  ];
}

function rewrapped(text: string): string[] {
  return text.match(/.{1,60}/g) ?? [];
}

/** The first letter, which no bits are left over in, is another one. */
function swapped(line: string): string {
  return `${line.startsWith('A') ? 'B' : 'A'}${line.slice(1)}`;
}
