/**
 * Kinds of traffic, dearest first. Under pressure the last is turned away first; a heartbeat never for
 * another's sake, because whoever cannot beat loses a seat that was paid for.
 */
export const trafficClasses = ['heartbeat', 'release', 'acquire', 'wait', 'read', 'admin'] as const;
export type TrafficClass = (typeof trafficClasses)[number];
