/** A small tree of documents that is in order, in a folder of its own, for tests to spoil. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export const adr = 'docs/architecture/adrs/adr-001-one-seat.md';
export const adrIndex = 'docs/architecture/adrs/README.md';
export const diagram = 'docs/architecture/diagrams/sequence/01-take.md';
export const diagramIndex = 'docs/architecture/diagrams/sequence/README.md';
export const map = 'docs/README.md';

/** Writes the tree; the caller removes the folder. */
export function writeDocuments(): string {
  const root = mkdtempSync(join(tmpdir(), 'leasehold-docs-'));
  for (const [path, text] of Object.entries(files)) put(root, path, text);
  return root;
}

export function put(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Replaces a text that must be there. */
export function replace(root: string, path: string, from: string, to: string): void {
  const text = readFileSync(join(root, path), 'utf8');
  if (!text.includes(from)) throw new Error(`${path} does not contain “${from}”`);
  writeFileSync(join(root, path), text.replaceAll(from, to));
}

const template = readFileSync(join(projectRoot, 'docs/architecture/adrs/template.md'), 'utf8');

const files: Record<string, string> = {
  [map]: `# Map

[Records](architecture/adrs/README.md) and [diagrams](architecture/diagrams/sequence/README.md#diagrams).
`,
  [adrIndex]: `# Records

See the [template](template.md).

| Number | Title | Status | Summary |
| --- | --- | --- | --- |
| [001](adr-001-one-seat.md) | One seat, no more | Accepted | Each has one. |
`,
  'docs/architecture/adrs/template.md': template,
  [adr]: `# ADR 001: One seat, no more

- Status: Accepted
- Date: 2026-11-23
- Tags: seats

## Context

Seats are few.

## Decision

Each has one.

## Consequences

### Positive

- Enough for all.

### Negative

- Never two.

## Alternatives considered

### Two seats

- Pros: More room.
- Cons: Fewer seated.
- Why not: Seats are few.

### No seats

- Pros: Simple.
- Cons: All stand.
- Why not: They are tired.

## Implementation

From [\`domain/seat.ts\`](../../../domain/seat.ts), both ends of it:

\`\`\`ts
export const seat = {
  // …
  places: ['aisle', 'window'],
};
\`\`\`

Run by [\`test/seat.test.ts\`](../../../test/seat.test.ts):

\`\`\`ts
take(seat);
\`\`\`

## Related ADRs

None.

## References

- [The diagram](../diagrams/sequence/01-take.md#step-by-step) of ADR 001.

---

Last updated: 2026-11-23 · Review cycle: every 12 months
`,
  [diagramIndex]: `# Diagrams

| Number | Title | Shows |
| --- | --- | --- |
| [01](01-take.md) | Take, or stand | Who gets a seat. |
`,
  [diagram]: `# 01 Take, or stand

## Description

Somebody takes a seat.

## Participants

- **Guest**: is tired.
- **Host**: knows the seats.

## Sequence

\`\`\`mermaid
sequenceDiagram
  participant G as Guest
  participant H as Host
  G->>H: POST /seat
  alt one is free
    H-->>G: 201
  else none is
    H-->>G: 409
  end
  Note over G,H: within 1 s
\`\`\`

## Step by step

1. The guest asks. Test: [seat](../../../../test/seat.test.ts).
2. The host
   answers. Test: [seat](../../../../test/seat.test.ts).

---

Last updated: 2026-11-23 · Related ADRs: [001](../../adrs/adr-001-one-seat.md)
`,
  'domain/seat.ts': `export const seat = {
  count: 1,
  places: ['aisle', 'window'],
};
`,
  'test/seat.test.ts': `// Runs the example of adr-001-one-seat.md.\n`,
};
