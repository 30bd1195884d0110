import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import { firstProblems } from './yaml-words.ts';

/** Where something stands in a file: names of members and places in lists, as the file has them. */
export type Path = readonly (string | number)[];

/** A problem at a place of a file: `path` as in the file, so that its line can be found. */
export interface FileProblem {
  path: readonly PropertyKey[];
  /** Set where one member's name is the problem rather than its value. */
  key?: string;
  message: string;
}

/** A parsed YAML file that can say where in it something stands. Lines and columns count from 1. */
export interface SourceFile {
  value: unknown;
  syntaxProblems: { line: number; column: number; message: string }[];
  locate(problem: Pick<FileProblem, 'path' | 'key'>): { line: number; column: number };
}

/** More of one kind help nobody. */
const MOST_SYNTAX_PROBLEMS = 20;

export function parseSourceFile(text: string): SourceFile {
  const lines = new LineCounter();
  // Names that are there twice are looked for below: the parser compares each with each, which takes minutes in a file of names.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const syntaxProblems = firstProblems(document)
    .slice(0, MOST_SYNTAX_PROBLEMS)
    .map(({ offset, message }) => ({ ...at(offset), message }));
  if (syntaxProblems.length === 0)
    for (const { offset, message } of oddNodes(document)) syntaxProblems.push({ ...at(offset), message });
  let value: unknown;
  if (syntaxProblems.length === 0) {
    const unfolded = unfold(document);
    value = unfolded.value;
    if (unfolded.problem !== null) syntaxProblems.push({ line: 1, column: 1, message: unfolded.problem });
  }
  return { value, syntaxProblems, locate: (problem) => at(offsetOf(document, problem)) };
}

const CONTROL = /[^\P{Cc}\t\n\r]/u;
/** Unseen, and what stands beside them reads as something else: a name as another one, a link as one that leads elsewhere. */
const TURNING = /[\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

const TURNS =
  'There is a character in this text that nobody sees and that turns the direction of reading, or ends the line. Take it out.';

/** What YAML allows, and no file needs. */
function oddNodes(document: Document): { offset: number; message: string }[] {
  const odd: { offset: number; message: string }[] = [];
  const report = (node: unknown, message: string) => {
    odd.push({ offset: (isNode(node) ? node.range?.[0] : undefined) ?? 0, message });
    return odd.length >= MOST_SYNTAX_PROBLEMS ? visit.BREAK : undefined;
  };
  visit(document, {
    Map: (_, map) => {
      const names = new Set<unknown>();
      for (const { key } of map.items as Pair<Node, Node>[]) {
        const name = isScalar(key) ? key.value : key;
        if (!isScalar(key) || typeof name === 'object') report(key, 'A name must be a text.');
        else if (name === '__proto__') report(key, 'There can be no field of this name.');
        else if (names.has(name)) report(key, `The field "${name}" is there twice.`);
        names.add(name);
        if (odd.length >= MOST_SYNTAX_PROBLEMS) return visit.BREAK;
      }
      return undefined;
    },
    Scalar: (place, scalar) => {
      if (typeof scalar.value !== 'string') return undefined;
      if (CONTROL.test(scalar.value)) return report(scalar, 'There is a control character in this text.');
      // Of names there are those alone that a file may have.
      return place !== 'key' && TURNING.test(scalar.value) ? report(scalar, TURNS) : undefined;
    },
  });
  return odd;
}

/** A few hundred bytes of aliases can unfold to gigabytes: the parser refuses, and we say so. */
function unfold(document: Document): { value: unknown; problem: string | null } {
  try {
    return { value: document.toJS({ maxAliasCount: 50 }), problem: null };
  } catch (error) {
    const isUnknown = error instanceof Error && error.message.startsWith('Unresolved alias');
    return {
      value: undefined,
      problem: isUnknown
        ? 'The file refers (*) to something it does not name (&). Write it out.'
        : 'The file refers to itself (&, *) too often. Write it out.',
    };
  }
}

/** The place itself, or the closest thing around it that is in the file: a missing member has no place of its own. */
function offsetOf(document: Document, problem: Pick<FileProblem, 'path' | 'key'>): number {
  for (let length = problem.path.length; length >= 0; length--) {
    const node = document.getIn(problem.path.slice(0, length), true);
    if (!isNode(node)) continue;
    const keyOffset =
      length === problem.path.length && problem.key !== undefined ? offsetOfKey(node, problem.key) : null;
    if (keyOffset !== null) return keyOffset;
    return node.range?.[0] ?? 0;
  }
  return 0;
}

function offsetOfKey(node: unknown, key: string): number | null {
  if (!isMap(node)) return null;
  const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
  return pair && isScalar(pair.key) ? (pair.key.range?.[0] ?? null) : null;
}
