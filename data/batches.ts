/** Rows that one statement inserts: Postgres takes 65,535 parameters, and a row has up to twelve. */
const batchSize = 1_000;

/** Cuts rows into parts that one statement can insert; none for no rows. */
export function* inBatches<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += batchSize) {
    yield rows.slice(start, start + batchSize);
  }
}
