/**
 * Of API and worker, as docker-compose.yml gives it to them: without a bound V8 takes of a large machine what
 * it finds before it collects. Twice what 2,000 cached runs or the rebuild of 100,000 leases were seen to need.
 */
export const heapOption = '--max-old-space-size=256';
