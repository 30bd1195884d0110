import { createPrivateKey, getCiphers, type KeyObject } from 'node:crypto';
import { octetsOf, readBer } from './ber.ts';
import { fullEffort } from './effort.ts';
import { unlock } from './locked.ts';
import type { PemBlock } from './pem.ts';

export type OpenedKey =
  | { kind: 'key'; key: KeyObject }
  | { kind: 'problem'; message: string; about: 'key' | 'passphrase' };

export const DAMAGED = 'The private key is damaged and cannot be used.';

/** The key of one block. `passphrase`: undefined where it has none. */
export async function openKey(block: PemBlock, passphrase: string | undefined): Promise<OpenedKey> {
  if (passphrase === undefined) {
    const key = parse({ key: block.pem });
    return key === null ? problem(DAMAGED) : { kind: 'key', key };
  }
  return block.label === 'ENCRYPTED PRIVATE KEY'
    ? openPkcs8(block, passphrase)
    : openOlder(block, passphrase);
}

/** EncryptedPrivateKeyInfo (RFC 5958 §3). */
async function openPkcs8({ headers, pem }: PemBlock, passphrase: string): Promise<OpenedKey> {
  const whole = readBer(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
  const [algorithm, data] = whole?.parts ?? [];
  const bytes = octetsOf(data);
  // What has headers as well is encrypted twice, which nobody does.
  if (bytes === null || headers.length > 0) return problem(DAMAGED);
  const unlocked = await unlock(algorithm, bytes, passphrase, fullEffort());
  switch (unlocked.kind) {
    case 'slow':
      return problem(`The private key is protected so that opening it takes too long. ${ANEW}`);
    case 'unknown':
      return problem(`The private key is protected in a way that cannot be read here. ${ANEW}`);
    case 'shut':
      return SHUT;
    case 'unlocked': {
      // A wrong passphrase opens one in 256 into nonsense.
      const key = parse({ key: unlocked.bytes, format: 'der', type: 'pkcs8' });
      return key === null ? SHUT : { kind: 'key', key };
    }
  }
}

/** What OpenSSL wrote before PKCS#8: the passphrase is hashed once, and the cipher stands in a header. */
function openOlder({ headers, pem }: PemBlock, passphrase: string): OpenedKey {
  const cipher = /DEK-Info: ([^,]+),/.exec(headers.join('\n'))?.[1]?.toLowerCase() ?? '';
  if (!getCiphers().includes(cipher)) {
    return problem(
      `The private key is protected by ${cipher || 'a cipher'} that is no longer taken. ${ANEW}`,
    );
  }
  const key = parse({ key: pem, passphrase });
  return key === null ? SHUT : { kind: 'key', key };
}

const ANEW = 'Protect it anew: openssl pkcs8 -topk8 -in file.pem -out new.pem';
const SHUT: OpenedKey = {
  kind: 'problem',
  message: 'The passphrase does not open the private key.',
  about: 'passphrase',
};

/** A parser's complaint is about its own inside, and says nothing to a person. */
function parse(input: Parameters<typeof createPrivateKey>[0]): KeyObject | null {
  try {
    return createPrivateKey(input);
  } catch {
    return null;
  }
}

function problem(message: string): OpenedKey {
  return { kind: 'problem', message, about: 'key' };
}
