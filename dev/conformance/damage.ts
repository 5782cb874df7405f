/** What can be done to any compact token, and what is to be found then. */
import type { DelegateKey } from '../../signing/tokens/certificate.ts';
import { edited, respelled, resigned, rewritten, signedByPublicKey, type Part } from './forgery.ts';
import type { VectorDelegate } from './keys.ts';
import type { Text } from './vector.ts';

/** Name, text, fault. */
export type Damage = readonly [name: string, text: Text, fault: string];

/** By people who know the public key alone. The token must be signed by its delegate. */
export function damagesOf(token: string, key: DelegateKey): Damage[] {
  const [head = '', body = '', signature = ''] = token.split('.');
  const unsigned = edited(token, 'header', { alg: 'none' });
  return [
    [
      'algorithm none without a signature',
      `${unsigned.slice(0, unsigned.lastIndexOf('.'))}.`,
      'malformed',
    ],
    ['algorithm none', unsigned, 'wrong_algorithm'],
    ['HS256 with the public key as secret', signedByPublicKey(token, key), 'wrong_algorithm'],
    ['the algorithm of another key', edited(token, 'header', { alg: 'PS256' }), 'wrong_algorithm'],
    ['the old name of the algorithm', edited(token, 'header', { alg: 'EdDSA' }), 'wrong_algorithm'],
    ['the name of a root', edited(token, 'header', { kid: 'root-1' }), 'unknown_key'],
    ['the name of nobody', edited(token, 'header', { kid: 'd0' }), 'unknown_key'],
    ['a name of every object', edited(token, 'header', { kid: '__proto__' }), 'unknown_key'],
    ['no key id', edited(token, 'header', { kid: undefined }), 'malformed'],
    ['a number as key id', edited(token, 'header', { kid: 1 }), 'malformed'],
    ['the type that everybody uses', edited(token, 'header', { typ: 'JWT' }), 'wrong_type'],
    ['no type', edited(token, 'header', { typ: undefined }), 'wrong_type'],
    ['a key of its own', edited(token, 'header', { jwk: {} }), 'malformed'],
    ['a critical extension', edited(token, 'header', { crit: ['b64'], b64: false }), 'malformed'],
    ['an edited claim', edited(token, 'claims', { exp: 4_000_000_000 }), 'bad_signature'],
    ['an edited header', rewritten(token, 'header', (text) => `${text} `), 'malformed'],
    ['a header in another order', reordered(token), 'bad_signature'],
    ['an empty signature', `${head}.${body}.`, 'malformed'],
    ['half of the signature', `${head}.${body}.${signature.slice(0, 40)}`, 'bad_signature'],
    ['a part too many', `${token}.${signature}`, 'malformed'],
    ['a part too few', `${head}.${body}`, 'malformed'],
    ['padding', `${token}==`, 'malformed'],
    ['another spelling of the same bytes', respelled(token), 'malformed'],
    ['the alphabet of plain base64', `${head}.${body}.+/${signature.slice(2)}`, 'malformed'],
    ['no base64 at all', `${head}.${body}.${signature.slice(0, -1)}*`, 'malformed'],
    ['white space', `${token}\n`, 'malformed'],
    ['nothing', '', 'malformed'],
    ['1 MB', { repeat: 'A', times: 1_000_000 }, 'too_long'],
    ['20,000 lists in a header', `${nested(20_000)}.${body}.${signature}`, 'malformed'],
  ];
}

/** By somebody who has the delegate's key: what it signs must be written one way. */
export function spellingsOf(token: string, { privateKey }: VectorDelegate): Damage[] {
  const rewrite = (part: Part, name: string, change: (text: string) => string): Damage => [
    name,
    resigned(rewritten(token, part, change), privateKey),
    'malformed',
  ];
  const written = (name: string, change: (text: string) => string) =>
    rewrite('claims', name, change);
  return [
    rewrite('header', 'a name twice in its header', (text) => text.replace('{', '{"kid":"d0",')),
    written('a claim twice', (text) => text.replace('{', '{"exp":4000000000,')),
    written('white space in its claims', (text) => text.replace(',', ', ')),
    written('an escape that need not be', (text) => text.replace('cad', 'c\\u0061d')),
    written('a mark of byte order', (text) => `\ufeff${text}`),
    written('a number with a point that need not be', (text) =>
      text.replace(/"iat":(\d+)/, '"iat":$1.0'),
    ),
    written('a date with a fraction', (text) => text.replace(/"iat":(\d+)/, '"iat":$1.5')),
    written('a date as a text', (text) => text.replace(/"exp":(\d+)/, '"exp":"$1"')),
    written('no end', (text) => text.replace(/"exp":\d+,/, '')),
    written('a list as claims', () => '[]'),
    written('claims that are no JSON', (text) => text.slice(1)),
  ];
}

function reordered(token: string): string {
  return rewritten(token, 'header', (text) => {
    const { typ, alg, kid } = JSON.parse(text) as Record<string, unknown>;
    return JSON.stringify({ kid, alg, typ });
  });
}

function nested(depth: number): string {
  const text = `{"kid":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  return Buffer.from(text).toString('base64url');
}
