/**
 * Rate limits for a server that is tried out, measured or tested: so high that they never stand in the
 * way of one program that plays many, and yet counted and told.
 */
export const generousBudgets = {
  RATE_LIMIT_HEARTBEATS: '1000000000',
  RATE_LIMIT_RELEASES: '1000000000',
  RATE_LIMIT_ACQUIRES: '1000000000',
  RATE_LIMIT_READS: '1000000000',
  RATE_LIMIT_ADMIN: '1000000000',
  RATE_LIMIT_FAILURES: '1000000000',
};
