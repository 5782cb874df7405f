/** What signing costs: a token, a client's whole check of one, and heartbeats of a server that signs. */
import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { makeCertificate } from '../../signing/tokens/certificate.ts';
import type { TokenSigner, TrustedKey } from '../../signing/tokens/jws.ts';
import { makeLeaseToken, verifyLease } from '../../signing/tokens/lease-token.ts';
import { nothingRevoked } from '../../signing/tokens/revocation-list.ts';
import { givenDelegate, givenLeaseClaims } from '../support/delegate.ts';
import { eventually } from '../support/eventually.ts';
import type { Bench } from './bench.ts';
import { contest } from './contest.ts';
import { spreadOf, written, type Line } from './figures.ts';
import { heartbeatOf } from './generator/seats.ts';
import { givenLicense } from './licenses.ts';
import { holdSeats } from './measure-seats.ts';
import type { Server } from './world.ts';

const beatingSessions = 200;
const issuer = 'https://licenses.example.com';

/** One core of this process, since both are done in one place: the server's answer and a client's check. */
export async function measureTokens(bench: Bench): Promise<Line[]> {
  const at = Math.floor(Date.now() / 1_000);
  const delegate = givenDelegate('d1');
  const root = makeRoot();
  const scope = ['lic-lease+jwt'] as const;
  const certified = { issuer, delegate: delegate.key, scope, seq: 1, at };
  const certificate = await makeCertificate(root.signer, certified);
  const claims = givenLeaseClaims(at);
  const token = await makeLeaseToken(delegate.signer, claims);
  const roots = new Map<string, TrustedKey>([['r1', { algorithm: 'PS256', key: root.publicKey }]]);
  const demand = { roots, revoked: nothingRevoked, at, audience: claims.aud };
  const publicKey = createPublicKey(delegate.privateKey);
  const signed = partsOf(token);
  const ofRoot = partsOf(certificate);
  const pss = { key: root.publicKey, ...pssPadding };
  return [
    await race(bench, {
      what: 'lease token signed',
      act: () => makeLeaseToken(delegate.signer, claims),
      floor: 'bare Ed25519 signature',
      bare: () => sign(null, signed.input, delegate.privateKey),
    }),
    await race(bench, {
      what: 'lease token verified with its chain, as a client does',
      act: async () => {
        const check = await verifyLease({ certificate, token }, demand);
        if (!check.isGood) throw new Error(`The token is not believed: ${check.fault}`);
      },
      floor: 'bare check of both signatures',
      bare: () =>
        verify('sha256', ofRoot.input, pss, ofRoot.signature) &&
        verify(null, signed.input, publicKey, signed.signature),
    }),
  ];
}

/** Two servers on the same stores that differ in one thing: whether they have a key to sign with. */
export async function measureSignedHeartbeat(bench: Bench): Promise<Line[]> {
  const { world } = bench;
  const kms = await world.startKms();
  const signing = await world.startApi({
    KMS_KEY: kms.keyName,
    KMS_ENDPOINT: kms.endpoint,
    SIGNING_SEAL_KEYS: `s1:${randomBytes(32).toString('base64url')}`,
  });
  const stepOf = async (server: Server) => {
    const license = await givenLicense(world, { seats: 100_000 });
    const on = { ...bench, world: { ...world, api: server } };
    await eventually(async () => hasToken(on.world.api, license.licenseKey, server === signing), {
      withinMs: 60_000,
    });
    const sessions = await holdSeats(on, license, beatingSessions);
    return { kind: 'calls' as const, port: server.port, calls: sessions.map(heartbeatOf) };
  };
  const lines = await contest(bench, {
    measurement: 'signed',
    what: 'heartbeat of a server that signs',
    target: 'within noise',
    subject: { name: 'API', pid: signing.pid, step: await stepOf(signing) },
    floors: [{ name: 'the same without a key', pid: world.api.pid, step: await stepOf(world.api) }],
  });
  await signing.stop();
  await kms.stop();
  return lines;
}

/** Whether a grant brings a token, or brings none, as it must on this server. */
async function hasToken({ port }: Server, licenseKey: string, wanted: boolean): Promise<boolean> {
  const reply = await fetch(`http://127.0.0.1:${port}/v1/sessions`, {
    method: 'POST',
    headers: { authorization: `License ${licenseKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ instanceKey: 'first', product: 'bench', version: '1', usageType: 'builder' },
      device: { fingerprint: 'first' },
    }),
  });
  const body = (await reply.json()) as object;
  return reply.ok && 'leaseToken' in body === wanted;
}

interface Race {
  what: string;
  act: () => unknown;
  floor: string;
  bare: () => unknown;
}

async function race({ extent, progress }: Bench, { what, act, floor, bare }: Race): Promise<Line> {
  const windowMs = extent.windowMs / 4;
  const [own, others]: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition <= extent.repetitions; repetition += 1) {
    const [slow, fast] = [await rateOf(bare, windowMs), await rateOf(act, windowMs)];
    if (repetition === 0) continue;
    others.push(slow);
    own.push(fast);
    progress(
      `${what} ${repetition}/${extent.repetitions}: ${written(fast)}/s, ${floor} ${written(slow)}/s`,
    );
  }
  const ratio = spreadOf(own.map((rate, at) => rate / (others[at] ?? NaN)));
  return {
    ...{ measurement: 'tokens', what, unit: '/s', value: spreadOf(own) },
    floor: { name: floor, value: spreadOf(others), ratio },
  };
}

async function rateOf(act: () => unknown, windowMs: number): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  for (; performance.now() - startedAt < windowMs; done += 1) await act();
  return (done * 1_000) / (performance.now() - startedAt);
}

const pssPadding = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
};

/** In production it is in Cloud KMS; a client sees no difference. */
function makeRoot(): { signer: TokenSigner; publicKey: KeyObject } {
  const { privateKey: key, publicKey } = generateKeyPairSync('rsa', { modulusLength: 4_096 });
  const signPss = (input: Uint8Array) => sign('sha256', input, { key, ...pssPadding });
  return { signer: { kid: 'r1', algorithm: 'PS256', sign: signPss }, publicKey };
}

function partsOf(token: string): { input: Buffer; signature: Buffer } {
  const end = token.lastIndexOf('.');
  return {
    input: Buffer.from(token.slice(0, end)),
    signature: Buffer.from(token.slice(end + 1), 'base64url'),
  };
}
