import type { Kind } from './recognise.ts';

/** One of the questions that a text must answer, in the order in which they are asked. */
export interface Step {
  readonly part: Part;
  readonly check: keyof typeof faultsOf;
  /** `not_reached`: something before it failed. */
  readonly outcome: 'passed' | 'failed' | 'not_reached';
}

export type Part = 'certificate' | 'token' | 'file';

/** Which faults fail which check. */
const faultsOf = {
  armor: ['too_long', 'no_begin', 'other_kind', 'no_end', 'empty', 'bad_line'],
  form: ['missing', 'too_long', 'malformed'],
  type: ['wrong_type'],
  key: ['unknown_key'],
  algorithm: ['wrong_algorithm'],
  signature: ['bad_signature'],
  time: ['not_yet_valid', 'expired'],
  product: ['wrong_audience'],
  scope: ['outside_scope'],
  issue: ['outside_certificate'],
  revocation: ['revoked_key', 'revoked_license', 'revoked_lease'],
  order: ['older', 'other_key', 'newer_root'],
  request: ['other_request', 'other_credential', 'other_refusal'],
  holder: ['other_license', 'other_session'],
  device: ['other_device'],
} as const satisfies Record<string, readonly string[]>;

type CheckName = keyof typeof faultsOf;

const ofSignature = ['form', 'type', 'key', 'algorithm', 'signature', 'time'] as const;

const checksOf: Record<Kind, readonly (readonly [Part, readonly CheckName[]])[]> = {
  lease: [
    ['certificate', [...ofSignature, 'revocation', 'scope']],
    ['token', [...ofSignature, 'product', 'issue', 'revocation', 'holder']],
  ],
  denial: [
    ['certificate', [...ofSignature, 'revocation', 'scope']],
    ['token', [...ofSignature, 'product', 'issue', 'request']],
  ],
  certificate: [['certificate', [...ofSignature, 'revocation']]],
  license_file: [['file', ['armor', ...ofSignature, 'product', 'revocation', 'device']]],
  request_file: [['file', ['armor', 'form']]],
  deactivation_file: [['file', ['armor', 'form']]],
  revocation_list: [['token', [...ofSignature, 'revocation', 'order']]],
  root_list: [['token', [...ofSignature, 'revocation', 'order']]],
};

/**
 * The checks of a kind and how each went.
 *
 * @param failure what was wrong first, or null.
 * @param skipped checks that nothing was given for.
 */
export function stepsOf(
  kind: Kind,
  failure: { readonly part: Part; readonly fault: string } | null,
  skipped: ReadonlySet<string>,
): Step[] {
  let hasFailed = false;
  const steps: Step[] = [];
  for (const [part, checks] of checksOf[kind]) {
    for (const check of checks) {
      const faults: readonly string[] = faultsOf[check];
      const isFault = failure?.part === part && faults.includes(failure.fault);
      if (skipped.has(check) && !isFault) continue;
      const outcome = hasFailed ? 'not_reached' : isFault ? 'failed' : 'passed';
      hasFailed ||= isFault;
      steps.push({ part, check, outcome });
    }
  }
  return steps;
}
