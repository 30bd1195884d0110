/** What was read of a chosen file: its text, or base64 where it is none; or why it cannot be a key file. */
export type ReadKeyFile =
  | { kind: 'read'; value: string; name: string; sizeBytes: number }
  | { kind: 'refused'; message: string };

/** The server takes no more; a key file has a few KB. */
const maxBytes = 256 * 1024;

/**
 * Reads a key file that was chosen or dropped. Only what the server could not be asked about is refused here; what the file
 * is, the server says.
 */
export async function readKeyFile(file: File): Promise<ReadKeyFile> {
  if (file.size === 0) return refused(`“${file.name}” is empty: it has 0 bytes.`);
  if (file.size > maxBytes) {
    return refused(
      `“${file.name}” is ${inWords(file.size)} large. A key file has a few KB, so this must be another one.`,
    );
  }
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    return { kind: 'read', value: textOf(bytes) ?? base64Of(bytes), name: file.name, sizeBytes: file.size };
  } catch {
    // A folder that was dropped, or a file that is gone or locked.
    return refused(`“${file.name}” could not be read. Choose the file itself.`);
  }
}

const refused = (message: string): ReadKeyFile => ({ kind: 'refused', message });

function inWords(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Undefined for what is no text, such as PKCS#12. A byte-order mark of an editor is taken away. */
function textOf(bytes: Uint8Array): string | undefined {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const encoding = isUtf16 ? (bytes[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

function base64Of(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
