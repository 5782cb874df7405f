/** Floating seats of a Leasehold licence server: acquire one, keep it, give it back. */
export { acquire, type AcquireOptions } from './acquire.ts';
export {
  LeaseholdError,
  type ClientErrorCode,
  type Holder,
  type LeaseholdErrorCode,
  type MissingFeature,
  type Upgrade,
} from './errors.ts';
export { checkFeature, type GateDecision, type GateOutcome } from './feature-gate.ts';
export { verifyInstalledFile, type CarriedOptions } from './license-file.ts';
export type { Device } from './machine.ts';
export type { PinOptions } from './pins.ts';
export type { QueueProgress } from './queue.ts';
export type { Grace, Loss, Seat, SeatEvents, SeatState } from './seat.ts';
export type { PlaceOptions, ProgramOptions, ServerOptions } from './settings.ts';
export type { Decision } from './transport.ts';
export { validateLicense, type ValidateOptions } from './validate.ts';
export type { Doubt, LeaseProof } from './verifier.ts';
