import { createSecureContext } from 'node:tls';
import { Secret } from '../lib/secret.ts';
import type { CredentialFields } from './authenticator.ts';
import { type Allowed, type Examined, problemAt, unexamined } from './examine.ts';
import { readChain } from './files/certificate-chain.ts';
import { type KeyOutcome, readPrivateKey } from './files/private-key.ts';
import { certificateFacts, keyFacts } from './files/shown-facts.ts';

/**
 * A client certificate and its key. Either may come first; where both are there they must belong together. The passphrase
 * opens the key once and is not kept.
 */
export async function examineCertificate(
  values: CredentialFields,
  now: Date,
  allowed: Allowed,
): Promise<Examined> {
  const entered = values.reveal();
  const found = unexamined(values);
  const key =
    entered.private_key === undefined ? null : await readPrivateKey(entered.private_key, entered.passphrase);
  if (key?.kind === 'problem') found.problem = keyProblem(key);
  const opened = key?.kind === 'key' ? key : null;
  const changed: Record<string, string> = { ...entered };
  if (opened !== null) {
    changed.private_key = opened.pem.reveal();
    delete changed.passphrase;
    found.title = 'Private key';
    found.facts = keyFacts(opened.key);
  }
  if (entered.certificate !== undefined)
    addCertificate(found, changed, entered.certificate, opened, now, allowed);
  if (found.problem === null && opened !== null) found.problem = unusable(changed);
  return { ...found, values: found.problem === null ? new Secret(changed) : values };
}

function addCertificate(
  found: Examined,
  changed: Record<string, string>,
  text: string,
  key: Extract<KeyOutcome, { kind: 'key' }> | null,
  now: Date,
  allowed: Allowed,
): void {
  const read = readChain(text, key?.key ?? null, now, allowed);
  if (read.kind === 'problem') {
    found.problem ??= problemAt('certificate', read);
    return;
  }
  changed.certificate = read.pem;
  found.title = 'Client certificate';
  found.facts = certificateFacts(read.leaf);
  found.expiresAt = new Date(read.leaf.validTo);
  found.warnings = read.warnings;
}

function keyProblem(read: Extract<KeyOutcome, { kind: 'problem' }>): Examined['problem'] {
  return { field: read.about === 'passphrase' ? 'passphrase' : 'private_key', message: read.message };
}

/** The last word is the TLS library's own, which also refuses what is too weak for it. */
function unusable({ certificate, private_key: key }: Record<string, string>): Examined['problem'] {
  if (certificate === undefined || key === undefined) return null;
  try {
    createSecureContext({ cert: certificate, key });
    return null;
  } catch {
    const message = 'The certificate or its key is too weak or of a kind that cannot be used for TLS.';
    return { field: 'certificate', message };
  }
}
