/**
 * Checks a sequence diagram by the part of Mermaid's language that the diagrams use. It finds what
 * breaks in practice: an undeclared participant, a block without its end, a mark that ends a text
 * early. It draws nothing.
 */

/** Something wrong in a diagram; `line` counts from the diagram's first. */
export interface DiagramFault {
  line: number;
  message: string;
}

export interface SequenceDiagram {
  /** Names as they are shown, in order of declaration. */
  participants: readonly string[];
  faults: readonly DiagramFault[];
}

/** What continues a block, by the block that it may stand in. */
const continuations: Readonly<Record<string, string>> = {
  else: 'alt',
  and: 'par',
  option: 'critical',
};

const opening = /^(alt|opt|loop|par|critical|break|rect|box)(?: (.*))?$/;
const continuing = /^(else|and|option)(?: (.*))?$/;
const declaration = /^(?:participant|actor) (\w+)(?: as (.+))?$/;
const message = /^(?<from>\w+)\s*(?:<<)?--?(?:>>|>|x|\))[+-]?\s*(?<to>\w+)\s*:\s*.+$/;
const note = /^[Nn]ote (?:over|left of|right of) (?<one>\w+)(?:\s*,\s*(?<other>\w+))?\s*:\s*.+$/;
const activation = /^(?:activate|deactivate) (?<id>\w+)$/;

/** A group that takes no part in a match is undefined, whatever its type says. */
const isGiven = (id: string | undefined): id is string => id !== undefined;

/** Reads a diagram. */
export function readSequenceDiagram(text: string): SequenceDiagram {
  const lines = text
    .split('\n')
    .map((raw, index) => ({ text: raw.trim(), line: index + 1 }))
    .filter((line) => line.text !== '' && !line.text.startsWith('%%'));
  const [first, ...statements] = lines;
  if (first?.text !== 'sequenceDiagram')
    return {
      participants: [],
      faults: [{ line: 1, message: 'It must begin with sequenceDiagram.' }],
    };
  const reader = new DiagramReader();
  for (const { text: statement, line } of statements) reader.read(statement, line);
  return reader.finish();
}

class DiagramReader {
  readonly #declared = new Map<string, string>();
  readonly #spoken = new Set<string>();
  readonly #open: { kind: string; line: number }[] = [];
  readonly #faults: DiagramFault[] = [];

  read(statement: string, line: number): void {
    const fault = this.#refuse(statement, line);
    if (fault !== null) this.#faults.push({ line, message: fault });
  }

  finish(): SequenceDiagram {
    for (const { kind, line } of this.#open)
      this.#faults.push({ line, message: `This ${kind} has no end.` });
    for (const [id, name] of this.#declared) {
      if (this.#spoken.has(id)) continue;
      this.#faults.push({ line: 1, message: `The participant ${name} takes no part.` });
    }
    return { participants: [...this.#declared.values()], faults: this.#faults };
  }

  /** Takes the statement in; the answer is what is wrong with it, or null. */
  #refuse(statement: string, line: number): string | null {
    if (/[;#]/.test(statement)) return 'Mermaid ends a text at “;” and “#”: write it without them.';
    if (statement === 'autonumber' || /^title:? \S/.test(statement)) return null;
    const declared = declaration.exec(statement);
    if (declared !== null) return this.#declare(declared);
    const spoken = message.exec(statement) ?? note.exec(statement) ?? activation.exec(statement);
    if (spoken !== null) return this.#speak(Object.values(spoken.groups ?? {}).filter(isGiven));
    if (statement === 'end')
      return this.#open.pop() === undefined ? 'This end closes nothing.' : null;
    const [, kind] = opening.exec(statement) ?? [];
    if (kind !== undefined) {
      this.#open.push({ kind, line });
      return null;
    }
    return this.#continue(statement);
  }

  #declare([, id = '', name = id]: RegExpExecArray): string | null {
    if (this.#declared.has(id)) return `${id} is declared twice.`;
    this.#declared.set(id, name);
    return null;
  }

  /** Whoever sends, receives or is noted takes part. */
  #speak(ids: readonly string[]): string | null {
    for (const id of ids) this.#spoken.add(id);
    const unknown = ids.filter((id) => !this.#declared.has(id));
    return unknown.length === 0 ? null : `${unknown.join(' and ')} is not declared above.`;
  }

  #continue(statement: string): string | null {
    const [, word = ''] = continuing.exec(statement) ?? [];
    const wanted = continuations[word];
    if (wanted === undefined) return `This is no statement of a sequence diagram: “${statement}”.`;
    const inside = this.#open.at(-1)?.kind;
    return inside === wanted ? null : `“${word}” belongs into ${wanted}, not ${inside ?? 'here'}.`;
  }
}
