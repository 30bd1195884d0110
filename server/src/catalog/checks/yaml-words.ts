import type { Document, YAMLError } from 'yaml';

/**
 * What stops a text from being YAML, in words for whoever wrote it. The first alone: what a parser says after it mostly
 * follows from it. Tabs are the exception, each is there to be replaced.
 */
export function firstProblems(document: Document): { offset: number; message: string }[] {
  const [first, ...others] = document.errors.length > 0 ? document.errors : document.warnings;
  if (first === undefined) return [];
  const tabs = first.code === TAB ? others.filter(({ code }) => code === TAB) : [];
  return [first, ...tabs].map((error) => ({ offset: error.pos[0], message: inWords(error) }));
}

const TAB = 'TAB_AS_INDENT';

function inWords({ code, message }: YAMLError): string {
  if (message.includes('call stack')) return 'The file is nested too deeply.';
  const plain = message.replace(/\s+/g, ' ').trim();
  return `This is not valid YAML: ${said(code, plain) ?? plain}`;
}

function said(code: string, message: string): string | undefined {
  if (code === 'BAD_INDENT') return ofIndent(message);
  if (code === 'MISSING_CHAR' && /quote/.test(message))
    return 'the quotation mark that opens here, or before, is not closed. Close it on its line.';
  if (code === 'MISSING_CHAR' && /Sequence item/.test(message)) return INDENT;
  if (code === 'UNEXPECTED_TOKEN' && /at node end/.test(message))
    return 'this does not belong to what stands before it. A text with a quotation mark in it stands in the other kind ("it\'s"); a list and names with values do not stand in one column.';
  return WORDS[code];
}

const INDENT =
  'this line begins in another column than those that belong together with it. Give all of them the same number of spaces.';

function ofIndent(message: string): string {
  const closing = /end with a (\S)/.exec(message)?.[1];
  return closing === undefined
    ? INDENT
    : `a bracket before this is not closed with ${closing}. A text with # in it, such as a colour, stands in quotation marks: # begins a comment.`;
}

const COLON =
  'a text with a colon and a space in it stands in quotation marks. Where it has none, this line or the next begins in a wrong column.';

const WORDS: Record<string, string> = {
  [TAB]: 'a tab stands where spaces belong. Indent with spaces.',
  BLOCK_AS_IMPLICIT_KEY: COLON,
  BLOCK_IN_FLOW: COLON,
  MULTILINE_IMPLICIT_KEY: 'a colon is missing after a name, or this line begins in a wrong column.',
  BAD_SCALAR_START: 'a text that begins with this sign stands in quotation marks.',
  BAD_DQ_ESCAPE: String.raw`inside of "…", a backslash is written \\. Put the text in '…' to write it once.`,
  MULTIPLE_DOCS:
    'a file describes one integration; something follows after --- here. Put it into a file of its own.',
};
