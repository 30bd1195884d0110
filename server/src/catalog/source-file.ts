import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';

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
  locate(problem: FileProblem): { line: number; column: number };
}

export function parseSourceFile(text: string): SourceFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const syntaxProblems = document.errors.map((error) => ({
    ...at(error.pos[0]),
    message: `This is not valid YAML: ${error.message.replace(/\s+/g, ' ').trim()}`,
  }));
  const value = syntaxProblems.length > 0 ? undefined : unfold(document);
  if (value === TOO_MANY_ALIASES) {
    syntaxProblems.push({
      line: 1,
      column: 1,
      message: 'The file refers to itself (&, *) too often. Write it out.',
    });
  }
  return {
    value,
    syntaxProblems,
    locate: (problem) => at(offsetOf(document, problem)),
  };
}

const TOO_MANY_ALIASES = Symbol('too many aliases');

/** A few hundred bytes of aliases can unfold to gigabytes: the parser refuses, and we say so. */
function unfold(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch {
    return TOO_MANY_ALIASES;
  }
}

/** The place itself, or the closest thing around it that is in the file: a missing member has no place of its own. */
function offsetOf(document: Document, problem: FileProblem): number {
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
