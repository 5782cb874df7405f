import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { validateDocuments } from '../../dev/docs/validate.ts';
import * as tree from './document-tree.ts';

const { adr, adrIndex, diagram, diagramIndex, map, projectRoot } = tree;
const run = promisify(execFile);

let root: string;
beforeEach(() => {
  root = tree.writeDocuments();
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function faults(): string[] {
  return validateDocuments(root).faults.map(
    ({ path, line, message }) => `${path}:${line}: ${message}`,
  );
}

test('the documents of this project are in order', () => {
  expect(validateDocuments(projectRoot).faults).toEqual([]);
});

test('a tree that is in order has no faults', () => {
  expect(faults()).toEqual([]);
});

/** File, what is replaced, by what, and the beginning of the fault that follows. */
type Spoiling = readonly [file: string, from: string, to: string, fault: string];

describe('a decision record is refused', () => {
  test.each<Spoiling>([
    [adr, '# ADR 001: One', '# ADR 002: One', 'The first line must be “# ADR 001: ”'],
    [adr, '# ADR 001: One seat', '# ADR 001: A seat', 'The file’s name must be the beginning'],
    [adr, '- Tags: seats\n', '', 'The head must be the list: Status, Date, Tags'],
    [adr, 'Tags: seats', 'Tags: Seats', 'Tags must be lower-case words'],
    [adr, 'Date: 2026-11-23', 'Date: 2026-02-30', 'Date must be a day'],
    [adr, '## Decision', '## Solution', 'The sections must be, in this order: Context, Decision'],
    [adr, 'Each has one.\n', '', 'The section “Decision” is empty'],
    [adr, 'Each has one.\n', '<!-- Later. -->\n', 'The section “Decision” is empty'],
    [adr, '### Negative', '### Bad', 'Consequences are Positive, Negative'],
    [adr, '- Never two.\n', '', 'Negative is empty'],
    [adr, '- Cons: All stand.\n', '', '“No seats” must have the points Pros, Cons, Why not'],
    [adr, '### No seats', '', 'There must be 2 to 4 alternatives, not 1'],
    [adr, 'From [', 'See [', 'The line above this code must begin with “From'],
    [adr, "'aisle', 'window'", "'aisle', 'door'", 'domain/seat.ts does not contain these lines'],
    [adr, '// …', '', 'domain/seat.ts does not contain these lines'],
    ['test/seat.test.ts', 'adr-001', 'adr-009', 'test/seat.test.ts does not name this document'],
    [adr, 'None.', 'Some.', 'Related ADRs links to a record'],
    [adr, 'Last updated: 2026-11-23', 'Last updated: 2026-11-22', 'The foot, below the last ---'],
    [adr, ' · Review cycle: every 12 months', '', 'The foot, below the last ---'],
  ])('%s: “%s” → “%s”', (file, from, to, fault) => {
    tree.replace(root, file, from, to);
    expectFault(fault);
  });

  test('for a status that does not exist', () => {
    tree.replace(root, adr, 'Status: Accepted', 'Status: Fine');
    tree.replace(root, adrIndex, '| Accepted |', '| Fine |');
    expect(faults()).toEqual([expect.stringContaining(`${adr}:3: Status must be Proposed`)]);
  });

  test('for a name that is none', () => {
    tree.put(root, 'docs/architecture/adrs/one-more.md', '# One more\n');
    expect(faults()).toContainEqual(expect.stringContaining('must be called adr-NNN-title.md'));
  });

  test('without code in Implementation', () => {
    tree.replace(root, adr, '```ts', '');
    tree.replace(root, adr, '```', '');
    expect(faults()).toEqual([expect.stringContaining('Implementation shows no code')]);
  });
});

describe('an excerpt may differ from its file', () => {
  test('in blanks, line breaks and the commas that these bring', () => {
    tree.replace(root, adr, "['aisle', 'window'],\n", "[\n    'aisle',\n    'window',\n  ],\n");
    expect(faults()).toEqual([]);
  });
});

describe('an index is refused', () => {
  test.each<Spoiling>([
    [adrIndex, '| One seat, no more |', '| One seat |', '001 must say “One seat, no more”'],
    [adrIndex, '| Accepted |', '| Proposed |', '001 must say “Accepted”, not “Proposed”'],
    [adrIndex, '| Each has one. |', '|  |', '001 has no line that says what it is'],
    [adrIndex, '[001](adr', '[002](adr', '002 leads to document 001'],
    [diagramIndex, '| Take, or stand |', '| Take |', '01 must say “Take, or stand”'],
  ])('%s: “%s” → “%s”', (file, from, to, fault) => {
    tree.replace(root, file, from, to);
    expectFault(fault);
  });

  test('without a row for every document', () => {
    tree.replace(root, adrIndex, '| [001](adr-001-one-seat.md) |', '| 001 |');
    expect(faults()).toContainEqual(expect.stringContaining(`${adr} is not in this index`));
  });

  test('with a row twice', () => {
    const row = '| [01](01-take.md) | Take, or stand | Who gets a seat. |\n';
    tree.replace(root, diagramIndex, row, row + row);
    expect(faults()).toEqual([expect.stringContaining('01 stands in the wrong place, or twice')]);
  });

  test('that is missing', () => {
    rmSync(join(root, diagramIndex));
    expect(faults()).toContainEqual(expect.stringContaining('The index is missing'));
  });
});

describe('a link is refused', () => {
  test.each<Spoiling>([
    [map, 'adrs/README.md', 'adrs/READ.md', 'The link architecture/adrs/READ.md leads to docs/'],
    [map, 'sequence/README.md', 'sequence/readme.md', 'The link architecture/diagrams/sequence/re'],
    [map, '#diagrams', '#drawings', 'The link architecture/diagrams/sequence/README.md#drawings'],
    [map, '(architecture/adrs', '(/docs/architecture/adrs', 'The link /docs/architecture/adrs'],
    [map, '# Map', '# Map\n\n[up](../../x.md)', 'The link ../../x.md leaves the project'],
    [map, '# Map', '# Map\n\n[l](../domain/seat.ts#L2)', 'The link ../domain/seat.ts#L2 names a p'],
    [adr, 'of ADR 001', 'of ADR 009', 'ADR 009 is named, but there is no such record'],
  ])('%s: “%s” → “%s”', (file, from, to, fault) => {
    tree.replace(root, file, from, to);
    expectFault(fault);
  });

  test('only where it is one: code shows links without following them', () => {
    tree.replace(root, map, '# Map', '# Map\n\n`[a](b.md)`\n\n```md\n[a](b.md)\n```');
    expect(faults()).toEqual([]);
  });

  test('when nothing leads to a document', () => {
    tree.put(root, 'docs/lost.md', '# Lost\n');
    expect(faults()).toEqual([expect.stringContaining('docs/lost.md:1: No link leads here')]);
  });
});

describe('a diagram is refused', () => {
  test.each<Spoiling>([
    [diagram, '# 01 Take', '# 02 Take', 'The first line must be “# 01”'],
    [diagram, '## Participants', '## Who', 'The sections must be, in this order: Description'],
    [diagram, '- **Host**', '- **Landlord**', 'The list must explain, in this order: “- **Guest**'],
    [diagram, '```mermaid', '```text', 'There must be exactly one mermaid block'],
    [diagram, 'sequenceDiagram', 'flowchart', 'It must begin with sequenceDiagram'],
    [diagram, '  end\n', '', 'This alt has no end'],
    [diagram, '  end\n', '  end\n  end\n', 'This end closes nothing'],
    [diagram, 'else none', 'and none', '“and” belongs into par, not alt'],
    [diagram, 'G->>H: POST', 'X->>H: POST', 'X is not declared above'],
    [diagram, 'over G,H', 'over G,X', 'X is not declared above'],
    [diagram, '  G->>H', '  participant H as Again\n  G->>H', 'H is declared twice'],
    [diagram, '  G->>H', '  participant Z as Zed\n  G->>H', 'The participant Zed takes no part'],
    [diagram, 'POST /seat', 'POST /seat; now', 'Mermaid ends a text at “;” and “#”'],
    [diagram, 'G->>H: POST /seat', 'G to H', 'This is no statement of a sequence diagram'],
    [diagram, 'Note over G,H: within 1 s', '', 'The diagram tells no timing'],
    [diagram, '2. The host', '2. The landlord [waits](../../README.md)\n3. The host', 'This step'],
    [diagram, 'test/seat.test.ts', 'domain/seat.ts', 'This step names no test that proves it'],
    [diagram, 'Related ADRs: [001]', 'Related: [001]', 'The foot, below the last ---'],
  ])('%s: “%s” → “%s”', (file, from, to, fault) => {
    tree.replace(root, file, from, to);
    expectFault(fault);
  });

  test('that shows no status', () => {
    tree.replace(root, diagram, '201', 'yes');
    tree.replace(root, diagram, '409', 'no');
    expect(faults()).toEqual([expect.stringContaining('The diagram names no HTTP status')]);
  });

  test('that shows no error path', () => {
    tree.replace(root, diagram, '  alt one is free', '  opt one is free');
    tree.replace(root, diagram, '  else none is\n', '');
    expect(faults()).toEqual([expect.stringContaining('The diagram shows no error path')]);
  });
});

describe('the command', () => {
  const validator = join(projectRoot, 'dev/docs/validate.ts');

  test('ends with 0 and counts the documents when all are in order', async () => {
    const { stdout } = await run(process.execPath, [validator, root]);
    expect(stdout).toBe('6 documents are in order.\n');
  });

  test('ends with 1 and names file, line and fault', async () => {
    tree.replace(root, adr, '- Never two.\n', '');
    await expect(run(process.execPath, [validator, root])).rejects.toMatchObject({
      code: 1,
      stderr: `${adr}:21: Negative is empty.\n1 fault in 6 documents.\n`,
    });
  });

  test('ends with 2 where there are no documents', async () => {
    rmSync(join(root, 'docs'), { recursive: true });
    await expect(run(process.execPath, [validator, root])).rejects.toMatchObject({ code: 2 });
  });
});

/** One fault begins like this; what else follows from the same spoiling may be named besides. */
function expectFault(beginning: string): void {
  const messages = validateDocuments(root).faults.map(({ message }) => message);
  expect(messages.map((message) => message.slice(0, beginning.length))).toContain(beginning);
}
