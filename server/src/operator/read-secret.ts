import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * One line that nobody should see: from a pipe as it comes, from a terminal without an echo. Not from the arguments, which
 * every process of the machine can read and shells keep.
 */
export async function readSecret(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  const isTerminal = stdin.isTTY === true;
  if (isTerminal) stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: isTerminal });
  try {
    for await (const line of lines) return line.trim();
    return '';
  } finally {
    lines.close();
    if (isTerminal) stderr.write('\n');
  }
}
