import type { Edit } from './mutate.ts';

/** A mistake that somebody could make in the services; the fleet must catch a server that has it. */
export interface Mutant {
  name: string;
  /** What such a server does wrong. */
  mistake: string;
  edits: readonly Edit[];
}

export const mutants: readonly Mutant[] = [
  {
    name: 'skip-epoch-check',
    mistake: 'records a grant although the pool was rebuilt since',
    edits: [
      {
        file: 'services/record-tenure.ts',
        from: 'version?.epoch !== tenure.epoch ||',
        to: 'version === undefined ||',
      },
      { file: 'data/tenures.ts', from: 'and epoch = $3', to: 'and $3::bigint > 0' },
    ],
  },
  {
    name: 'free-before-ledger',
    mistake: 'frees a seat before its row has ended',
    edits: [
      {
        file: 'services/release-session.ts',
        from: '  await endSessionAtOnce(deps, { ...claims, reason });',
        to: '  await freeOrOwe(deps, { ...claims, reason });\n  await endSessionAtOnce(deps, { ...claims, reason });',
      },
    ],
  },
  {
    name: 'no-displaced-ends',
    mistake: 'leaves the row open that an instance had before Redis lost its session',
    edits: [
      {
        file: 'services/record-tenure.ts',
        from: 'id !== tenure.sessionId && !dropped.has(id)',
        to: 'id === tenure.sessionId && dropped.has(id)',
      },
    ],
  },
  {
    name: 'end-what-came-after',
    mistake: 'ends the newer session of an instance for a slow caller of its own',
    edits: [
      {
        file: 'services/record-tenure.ts',
        from: 'id === tenure.sessionId && endedAt !== null',
        to: 'id === tenure.sessionId && endedAt === undefined',
      },
      {
        file: 'services/record-tenure.ts',
        from: 'displaced.some((row) => isNewer(row, tenure))',
        to: 'displaced.every((row) => isNewer(row, tenure)) && false',
      },
    ],
  },
  {
    name: 'undo-anything',
    mistake: 'takes back, when it cannot record a grant, what others rely on',
    edits: [
      {
        file: 'services/record-tenure.ts',
        from: 'if (!isOwnWork(tenure)) return;',
        to: 'isOwnWork(tenure);',
      },
    ],
  },
  {
    name: 'purge-in-heartbeat',
    mistake: 'lets a beat drop what has lapsed',
    edits: [
      {
        file: 'services/renew-session.ts',
        from: '  const reply = await deps.seats.renewLease(claims, claims);',
        to: '  await deps.seats.lapseLeases(claims, { drop: true });\n  const reply = await deps.seats.renewLease(claims, claims);',
      },
    ],
  },
];
