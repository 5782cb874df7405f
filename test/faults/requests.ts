/** The requests of an in-process client, each written into the history with what came of it. */
import { z } from 'zod';
import { errorTable, type ErrorCode } from '../../domain/errors.ts';
import { fileAnswerSchema, type FileReader, type HeldFile } from './file.ts';
import type { Deed, HistoryEvent, Recorder } from './history.ts';
import { monotonicMs } from './history.ts';
import type { Site } from './site.ts';
import { readToken } from './token.ts';

const answerSchema = z.object({
  session: z.object({
    id: z.string(),
    licenseId: z.string(),
    instanceKey: z.string(),
    status: z.enum(['queued', 'offered', 'active', 'ended']),
    leaseUntil: z.iso.datetime().nullable(),
    fence: z.object({ epoch: z.int(), counter: z.int() }).nullable(),
    endReason: z.string().nullish(),
  }),
  credential: z.string().optional(),
  leaseToken: z.string().optional(),
});
export type Answer = z.output<typeof answerSchema>;

const problemSchema = z.object({
  code: z.string(),
  reason: z.string().optional(),
  takeoverRefusal: z.string().optional(),
});

/** What a client learned; `unknown` is whatever says nothing about the license. */
export type Learned =
  | { kind: 'yes'; answer: Answer | null; file?: HeldFile }
  | { kind: 'no'; code: string; reason: string | undefined }
  | { kind: 'unknown' };

export interface Asked {
  deed: Deed;
  method: string;
  path: string;
  authorization: string;
  body?: object;
  timeoutMs: number;
  instance: string;
  session?: string;
  holder?: string;
  takeover?: string;
  wait?: boolean;
  device?: string;
  keepsRights?: boolean;
  file?: string;
  /** The answer tells of a license file, not of a session. */
  isOfFile?: boolean;
}

export interface Requests {
  /** Asks once. Never throws. */
  ask: (asked: Asked) => Promise<Learned>;
  /** Notes something that needs no answer. */
  note: (event: Pick<HistoryEvent, 'deed' | 'instance'> & Partial<HistoryEvent>) => void;
}

export interface Place {
  url: string;
  site: Site;
  recorder: Recorder;
  /** How wall-clock times of answers become times of the history. */
  wallOffsetMs: number;
  readFile: FileReader;
}

/** @param client its name in the history. */
export function createRequests(place: Place, client: string): Requests {
  const { site, recorder } = place;
  let ops = 0;
  const append = (event: Omit<HistoryEvent, 'at' | 'client' | 'licenseId'>) => {
    recorder.append({ at: monotonicMs(), client, licenseId: site.licenseId, ...event });
  };

  async function ask(asked: Asked): Promise<Learned> {
    const { deed, instance, session, holder, takeover, wait, device, keepsRights, file } = asked;
    const op = (ops += 1);
    const about = {
      ...{ op, deed, instance },
      ...(session === undefined ? {} : { session }),
      ...(holder === undefined ? {} : { holder }),
      ...(takeover === undefined ? {} : { takeover }),
      ...(wait === undefined ? {} : { wait }),
      ...(device === undefined ? {} : { device }),
      ...(keepsRights === undefined ? {} : { keepsRights }),
      ...(file === undefined ? {} : { file }),
    };
    append({ ...about, phase: 'invoke' });
    const { learned, outcome } = await send(asked, place).catch((error: unknown) => unknown(error));
    append({ ...about, ...outcome });
    return learned;
  }

  return {
    ask,
    note(event) {
      const op = (ops += 1);
      append({ op, phase: 'invoke', ...event });
      append({ op, phase: 'ok', ...event });
    },
  };
}

interface Sent {
  learned: Learned;
  outcome: Omit<Partial<HistoryEvent>, 'phase'> & Pick<HistoryEvent, 'phase'>;
}

async function send(asked: Asked, place: Place): Promise<Sent> {
  const { wallOffsetMs } = place;
  const response = await fetch(place.url + asked.path, {
    method: asked.method,
    headers: { authorization: asked.authorization, 'content-type': 'application/json' },
    ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
    signal: AbortSignal.timeout(asked.timeoutMs),
  });
  const text = await response.text();
  if (!response.ok) return refused(problemSchema.parse(JSON.parse(text)));
  if (asked.isOfFile === true) return readFileAnswer(text, place);
  if (text === '') return { learned: { kind: 'yes', answer: null }, outcome: { phase: 'ok' } };
  const answer = answerSchema.parse(JSON.parse(text));
  const { session, leaseToken } = answer;
  return {
    learned: { kind: 'yes', answer },
    outcome: {
      phase: 'ok',
      licenseId: session.licenseId,
      instance: session.instanceKey,
      session: session.id,
      status: session.status,
      ...(response.status === 201 ? { isGrant: true } : {}),
      ...(session.fence === null ? {} : { fence: session.fence }),
      ...(session.leaseUntil === null
        ? {}
        : { leaseUntil: Date.parse(session.leaseUntil) + wallOffsetMs }),
      ...(session.endReason == null ? {} : { reason: session.endReason }),
      ...readToken(leaseToken, wallOffsetMs),
    },
  };
}

async function readFileAnswer(text: string, { readFile, wallOffsetMs }: Place): Promise<Sent> {
  const { checkOut, licenseFile } = fileAnswerSchema.parse(JSON.parse(text));
  const { id, status } = checkOut;
  const file = { id, status, isHere: licenseFile !== undefined };
  const learned = { kind: 'yes', answer: null, file } as const;
  if (licenseFile === undefined) return { learned, outcome: { phase: 'ok', file: id } };
  const until = await readFile(licenseFile);
  if (until === null) return { learned, outcome: { phase: 'info', code: 'tampered', file: id } };
  return { learned, outcome: { phase: 'ok', file: id, offlineUntil: until + wallOffsetMs } };
}

function refused({ code, ...problem }: z.output<typeof problemSchema>): Sent {
  const reason = problem.reason ?? problem.takeoverRefusal;
  const isConclusive = code in errorTable && errorTable[code as ErrorCode].conclusive;
  const why = { code, ...(reason === undefined ? {} : { reason }) };
  if (!isConclusive) return { learned: { kind: 'unknown' }, outcome: { phase: 'info', ...why } };
  return { learned: { kind: 'no', code, reason }, outcome: { phase: 'fail', ...why } };
}

/** An answer that is none of the server's is a fault of the harness, and must not pass unseen. */
function unknown(error: unknown): Sent {
  const isOdd = error instanceof z.ZodError || error instanceof SyntaxError;
  const code = isOdd ? 'malformed' : 'unreachable';
  return { learned: { kind: 'unknown' }, outcome: { phase: isOdd ? 'fail' : 'info', code } };
}
