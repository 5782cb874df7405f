/**
 * Stands between a client and the real API, signs what the API answers with a delegate of the given root,
 * and can be told to lie.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { makeCertificate } from '../../../signing/tokens/certificate.ts';
import { makeDenial } from '../../../signing/tokens/denial.ts';
import { makeLeaseToken, type LeaseClaims } from '../../../signing/tokens/lease-token.ts';
import { givenDelegate, givenLeaseClaims } from '../../support/delegate.ts';
import type { HeldRoot } from '../../support/roots.ts';
import { serve } from './serve.ts';

type Body = Partial<Record<string, unknown>>;

/** Changes an answer before it is sent, signed members and all. */
export type Lie = (answer: Body, request: Body) => Body;

export interface SigningProxy extends AsyncDisposable {
  url: string;
  /** From now on; null: nothing but the truth. */
  tell: (lie: Lie | null) => void;
  /** From now on leases have this grace. Before: three days. */
  grantGrace: (seconds: number) => void;
  /** From now on another API answers. */
  reroute: (url: string) => void;
  /** From now on it shows these lists, and signs with a delegate of this root. */
  show: (
    lists: { roots?: string[]; revocations?: string; seq?: number },
    by?: HeldRoot,
  ) => Promise<void>;
}

const issuer = 'https://licenses.example.com';
const honest: Lie = (answer) => answer;

/** @param server for whose product it signs. */
export async function startSigningProxy(
  server: { url: string; product: string },
  root: HeldRoot,
): Promise<SigningProxy> {
  const now = () => Math.floor(Date.now() / 1000);
  const delegateOf = async (by: HeldRoot, seq: number) => {
    const { key, signer } = givenDelegate(`d${seq}`);
    const scope = ['lic-lease+jwt', 'lic-denial+jwt'] as const;
    const certified = { issuer, delegate: key, scope, seq, at: now() };
    return { signer, certificate: await makeCertificate(by.signer, certified) };
  };
  let delegates = 1;
  let { signer, certificate } = await delegateOf(root, delegates);
  let shown: Body = {};
  const instances = new Map<string, string>();
  let lie = honest;
  let graceSeconds = 259_200;
  let { url: target } = server;

  const signLease = (session: Record<string, string>, nonce: unknown) => {
    const claims: LeaseClaims = { ...givenLeaseClaims(now()), aud: server.product };
    const { id: sid = '', licenseId: sub = '', leaseUntil = '' } = session;
    const leaseEnd = Math.ceil(Date.parse(leaseUntil) / 1000) || claims.lease_until;
    const ends = { lease_until: leaseEnd, exp: leaseEnd + graceSeconds };
    return makeLeaseToken(signer, {
      ...{ ...claims, ...ends, sid, sub },
      ...(typeof nonce === 'string' ? { nonce } : {}),
    });
  };
  const sign = async (
    answer: Body,
    request: Body,
    { path, credential }: { path: string; credential: string },
  ): Promise<Body> => {
    const { session, code } = answer;
    if (isSession(session)) {
      const { id = '', instanceKey = '' } = session;
      instances.set(id, instanceKey);
      const { seq: revocationSeq = 0 } = shown;
      return {
        ...answer,
        revocationSeq,
        leaseToken: await signLease(session, request['nonce']),
        certificate,
      };
    }
    if (answer['conclusive'] !== true || typeof code !== 'string') return answer;
    const sessionId = /ses_\w+/.exec(path)?.[0] ?? '';
    const asked = request['instanceKey'] ?? instances.get(sessionId);
    // Whose a credential is that it does not know, the server cannot say.
    const isStranger = code === 'unauthenticated';
    const denial = await makeDenial(signer, {
      ...{ issuer, code: code as 'forbidden', at: now() },
      audience: isStranger ? '' : server.product,
      nonce: textOf(request['nonce']),
      instanceKey: isStranger ? '' : textOf(asked),
      reason: answer['reason'] as 'forced' | undefined,
      credential,
    });
    return { ...answer, denial, certificate };
  };

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = 'GET', url: path = '' } = incoming;
    if (path.startsWith('/.well-known/'))
      return outgoing.end(JSON.stringify({ keys: [], ...shown }));
    const body = JSON.parse((await text(incoming)) || '{}') as Body;
    const { authorization = '', 'leasehold-nonce': nonce } = incoming.headers;
    const answered = await fetch(`${target}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
    });
    const told = await answered.text();
    outgoing.statusCode = answered.status;
    outgoing.setHeader('content-type', answered.headers.get('content-type') ?? 'text/plain');
    if (told === '') return outgoing.end();
    const request = { ...body, nonce };
    const signed = await sign(JSON.parse(told) as Body, request, {
      ...{ path, credential: authorization.split(' ')[1] ?? '' },
    });
    return outgoing.end(JSON.stringify(lie(signed, request)));
  };

  const listener = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const served = await serve(listener);
  return {
    ...served,
    tell(next) {
      lie = next ?? honest;
    },
    grantGrace(seconds) {
      graceSeconds = seconds;
    },
    reroute(url) {
      target = url;
    },
    async show(lists, by) {
      shown = lists;
      if (by === undefined) return;
      delegates += 1;
      ({ signer, certificate } = await delegateOf(by, delegates));
    },
  };
}

function isSession(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && 'leaseUntil' in value;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
