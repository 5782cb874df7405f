import type { Edit } from './mutate.ts';

/** A mistake that somebody could make in the services; the fleet must catch a server that has it. */
export interface Mutant {
  name: string;
  /** What such a server does wrong. */
  mistake: string;
  /** The promise that its story shows broken: a rule of the checker's. */
  caughtBy: string;
  edits: readonly Edit[];
}

export const mutants: readonly Mutant[] = [
  {
    name: 'skip-epoch-check',
    mistake: 'records a grant although the pool was rebuilt since',
    caughtBy: 'I1',
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
    caughtBy: 'I1',
    edits: [
      {
        file: 'services/release-session.ts',
        from: '  const hasEnded = await',
        to: '  await freeOrOwe(deps, { ...claims, reason });\n  const hasEnded = await',
      },
    ],
  },
  {
    name: 'no-displaced-ends',
    mistake: 'leaves the row open that an instance had before Redis lost its session',
    caughtBy: 'answer',
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
    caughtBy: 'denial',
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
    caughtBy: 'I4',
    edits: [
      {
        file: 'services/record-tenure.ts',
        from: 'if (!isOwnWork(tenure)) return;',
        to: 'isOwnWork(tenure);',
      },
    ],
  },
  {
    name: 'undo-moved',
    mistake: 'takes back, when it cannot record a grant, what a retry was told of since',
    caughtBy: 'I4',
    edits: [
      {
        file: 'services/record-tenure.ts',
        from: "    givenUntil: tenure.word === 'QUEUED' ? tenure.livenessUntil : tenure.leaseUntil,\n",
        to: '',
      },
    ],
  },
  {
    name: 'free-whatever',
    mistake: 'frees whatever seat the instance of an ended session has',
    caughtBy: 'denial',
    edits: [
      {
        file: 'lua/release-seat.lua',
        from: 'if session.id == sessionId then endSession(',
        to: 'if session.id then endSession(',
      },
    ],
  },
  {
    name: 'forget-who-is-offline',
    mistake: 'counts nobody who may go on offline when it gives such a right',
    caughtBy: 'I2',
    edits: [
      {
        file: 'lua/include/rights.lua',
        from: 'then return liveRights() < most end',
        to: 'then return true end',
      },
    ],
  },
  {
    name: 'restore-without-rights',
    mistake: 'rebuilds a pool without the rights of sessions that are over',
    caughtBy: 'I2',
    edits: [
      {
        file: 'services/restore-pool.ts',
        from: '...devices.map(leftOf)',
        to: '...devices.slice(devices.length).map(leftOf)',
      },
    ],
  },
  {
    name: 'take-out-past-rights',
    mistake: 'gives a license file whoever may go on offline besides',
    caughtBy: 'I2',
    edits: [
      {
        file: 'domain/check-out.ts',
        from: 'return isFree && out.offline + out.checkedOut < seats + allowance;',
        to: 'return isFree && out.checkedOut < seats + allowance;',
      },
    ],
  },
  {
    name: 'gain-under-any-license',
    mistake: 'records a right that was offered before the license changed',
    caughtBy: 'I2',
    edits: [
      {
        file: 'services/gain-rights.ts',
        from: 'version.configVersion !== offer.offeredUnder',
        to: 'version.configVersion < 0',
      },
    ],
  },
  {
    name: 'purge-in-heartbeat',
    mistake: 'lets a beat drop what has lapsed',
    caughtBy: 'denial',
    edits: [
      {
        file: 'services/renew-session.ts',
        from: '  const beaten = await',
        to: '  await deps.seats.lapseLeases(claims, { drop: true });\n  const beaten = await',
      },
    ],
  },
];
