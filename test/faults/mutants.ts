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
        to: '',
      },
    ],
  },
];
