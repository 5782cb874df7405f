/**
 * Texts that people carry from machine to machine: by mail, on a stick, through a web form. Between two
 * lines that say what it is stands base64url with dots, wrapped; nothing else, so that whatever was
 * damaged on the way is told from what was forged.
 */

/** What a file is. One that is meant for another use is refused. */
export type ArmorKind = 'LICENSE FILE' | 'REQUEST FILE' | 'DEACTIVATION FILE';

/**
 * Why a text is no such file. `other_kind`: it is another one of Leasehold's. `bad_line`: a line between
 * the two has what no line may have; often a mail program broke or quoted it.
 */
export type ArmorFault = 'too_long' | 'no_begin' | 'other_kind' | 'no_end' | 'empty' | 'bad_line';

export type ArmorCheck =
  | { readonly isGood: true; readonly text: string }
  | { readonly isGood: false; readonly fault: ArmorFault };

/** Longest text that is looked at: 1 MiB. */
const lengthMax = 1_048_576;
const lineLength = 64;
const armorLine = /^[\w.-]{1,64}$/;
const beginLine = /^-----BEGIN LEASEHOLD (?:LICENSE|REQUEST|DEACTIVATION) FILE-----$/;

/** Puts base64url with dots between the lines of its kind; it ends with a line feed. */
export function armor(kind: ArmorKind, text: string): string {
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += lineLength) lines.push(text.slice(at, at + lineLength));
  return [begin(kind), ...lines, end(kind), ''].join('\n');
}

/**
 * What stands in a file of that kind. Lines may end with CR LF, and blank ones may stand around the file,
 * with the byte order mark that some editors put before it. Says what is wrong first.
 */
export function readArmor(kind: ArmorKind, armored: string): ArmorCheck {
  if (armored.length > lengthMax) return refuse('too_long');
  const [first = '', ...rest] = armored.trim().split(/\r?\n/);
  if (!beginLine.test(first)) return refuse('no_begin');
  if (first !== begin(kind)) return refuse('other_kind');
  if (rest.pop() !== end(kind)) return refuse('no_end');
  if (rest.length === 0) return refuse('empty');
  if (!rest.every((line) => armorLine.test(line))) return refuse('bad_line');
  return { isGood: true, text: rest.join('') };
}

function begin(kind: ArmorKind): string {
  return `-----BEGIN LEASEHOLD ${kind}-----`;
}

function end(kind: ArmorKind): string {
  return `-----END LEASEHOLD ${kind}-----`;
}

function refuse(fault: ArmorFault): ArmorCheck {
  return { isGood: false, fault };
}
