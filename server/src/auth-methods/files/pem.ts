import { asText } from './der-file.ts';

/** One `-----BEGIN X-----` block (RFC 7468), put in order: `pem` is what any reader takes. */
export interface PemBlock {
  label: string;
  /** "Proc-Type: 4,ENCRYPTED" and the like of older files; empty in today's. */
  headers: readonly string[];
  pem: string;
}

export type PemOutcome =
  | { kind: 'blocks'; blocks: PemBlock[] }
  /** There is a BEGIN line, but what follows it is not what it should be. */
  | { kind: 'damaged'; label: string; problem: string }
  | { kind: 'none' };

/** More than any chain has, and fewer than a bundle of the world's authorities. */
const MAX_BLOCKS = 100;

/**
 * The blocks of a PEM text, with what copying does to them undone: a byte order mark, CRLF, `\n` written out in two
 * characters, lost or doubled line breaks, white space around. Base64 that is not whole stays an error. A binary file
 * (DER, PKCS#12) is a block of its own.
 */
export function readPem(text: string): PemOutcome {
  const plain = withoutEscapes(asText(text));
  // A key inside a JSON file or on a page is not a PEM file.
  if (/^\s*[{[<]/.test(plain)) return { kind: 'none' };
  const blocks: PemBlock[] = [];
  let position = 0;
  for (;;) {
    const begin = /-----BEGIN ([A-Z0-9][A-Z0-9 ]{0,60})-----/.exec(plain.slice(position));
    if (begin === null) break;
    const label = begin[1] ?? '';
    const start = position + begin.index + begin[0].length;
    const end = plain.indexOf(`-----END ${label}-----`, start);
    if (end === -1) return { kind: 'damaged', label, problem: 'is cut off: its END line is missing' };
    const block = readBlock(label, plain.slice(start, end));
    if (typeof block === 'string') return { kind: 'damaged', label, problem: block };
    blocks.push(block);
    if (blocks.length > MAX_BLOCKS) return { kind: 'damaged', label, problem: 'holds more than 100 parts' };
    position = end + label.length + 14;
  }
  return blocks.length === 0 ? { kind: 'none' } : { kind: 'blocks', blocks };
}

function withoutEscapes(text: string): string {
  // A backslash has no place in PEM, so that this cannot change a text that was right.
  return text
    .replace(/^\uFEFF/, '')
    .replaceAll('\\r', '')
    .replaceAll('\\n', '\n');
}

/** Of a key in the older form of OpenSSL, also where its lines were lost. */
const LOCKED_HEADERS = /^\s*Proc-Type:\s*4,\s*ENCRYPTED\s+DEK-Info:\s*([A-Za-z0-9-]+,[0-9A-Fa-f]+)\s/;

/** The block, or what is wrong with it. */
function readBlock(label: string, inside: string): PemBlock | string {
  const repaired = inside.replace(LOCKED_HEADERS, 'Proc-Type: 4,ENCRYPTED\nDEK-Info: $1\n');
  const lines = repaired.split(/[\r\n]+/).map((line) => line.trim());
  const headers = lines.filter((line) => line.includes(': '));
  const body = lines
    .filter((line) => !line.includes(': '))
    .join('')
    .replace(/\s/g, '');
  if (body === '') return 'is empty';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return 'has characters that do not belong there';
  // Not only the length: bits that mean nothing must be zero, or a damaged letter would pass.
  if (Buffer.from(body, 'base64').toString('base64') !== body) return 'is damaged or cut off';
  const wrapped = body.match(/.{1,64}/g)?.join('\n') ?? '';
  const head = headers.length > 0 ? `${headers.join('\n')}\n\n` : '';
  return { label, headers, pem: `-----BEGIN ${label}-----\n${head}${wrapped}\n-----END ${label}-----\n` };
}
