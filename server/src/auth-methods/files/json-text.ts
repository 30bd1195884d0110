import { asText } from './der-file.ts';
import { isRecord } from './file-kind.ts';

export type JsonOutcome =
  | { kind: 'object'; value: Record<string, unknown> }
  | { kind: 'problem'; message: string };

/**
 * A JSON object from a text, or the first thing that is wrong with it. A parser's own message quotes what it read, which is
 * a secret here, so that only the place is taken from it.
 */
export function readJsonObject(text: string): JsonOutcome {
  const plain = asText(text)
    .replace(/^\uFEFF/, '')
    .trim();
  let value: unknown;
  try {
    value = JSON.parse(plain);
  } catch (error) {
    return { kind: 'problem', message: problemOf(error, plain) };
  }
  if (!isRecord(value))
    return { kind: 'problem', message: 'The JSON file is not one object in curly brackets.' };
  if (isDeep(value, MAX_DEPTH))
    return { kind: 'problem', message: 'The JSON file is nested too deeply for a key.' };
  const repeated = repeatedName(plain);
  if (repeated !== null) return { kind: 'problem', message: `The JSON file has “${repeated}” twice.` };
  return { kind: 'object', value };
}

/** A parser reads any depth, but whoever writes it out again runs out of stack. */
const MAX_DEPTH = 20;

function isDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((inner) => isDeep(inner, left - 1));
}

function problemOf(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : '';
  const place = /\(line (\d+) column (\d+)\)/.exec(message);
  const isCut = /end of JSON input|Unterminated string/.test(message) || !/[}\]]\s*$/.test(text);
  if (isCut) return 'The JSON file is cut off: it ends too early.';
  const where = place === null ? '' : ` at line ${place[1]}, character ${place[2]}`;
  const comma = /,\s*[}\]]/.test(text) ? ' There is a comma with nothing after it.' : '';
  return `The JSON file is not valid${where}.${comma}`;
}

/** A name that stands twice at the top. The parser takes the last without a word; another reader may take the first. */
function repeatedName(text: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  let isName = false;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    if (depth === 1 && isName && token.startsWith('"')) {
      const name = String(JSON.parse(token));
      if (seen.has(name)) return name.slice(0, 60);
      seen.add(name);
    }
    isName = depth === 1 && (token === '{' || token === ',');
  }
  return null;
}
