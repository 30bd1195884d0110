import type { KeyObject } from 'node:crypto';
import forge from 'node-forge';

interface Options {
  /** "aes256", "3des" */
  algorithm?: string;
  /** Rounds of its derivations. */
  count?: number;
  parts?: 'both' | 'key' | 'certificate';
}

/** A PKCS#12 file with an RSA key and a certificate of it, as node-forge writes it; in base64. */
export function forgedPkcs12(
  key: KeyObject,
  passphrase: string,
  { parts = 'both', ...options }: Options = {},
): string {
  const forged = forge.pki.privateKeyFromPem(key.export({ type: 'pkcs1', format: 'pem' }).toString());
  // Its types know no file without a key or a certificate, which it writes all the same.
  const asn1 = forge.pkcs12.toPkcs12Asn1(
    (parts === 'certificate' ? null : forged) as forge.pki.rsa.PrivateKey,
    (parts === 'key' ? null : [certificateOf(forged)]) as forge.pki.Certificate[],
    passphrase,
    options as object,
  );
  return forge.util.encode64(forge.asn1.toDer(asn1).getBytes());
}

function certificateOf(key: forge.pki.rsa.PrivateKey): forge.pki.Certificate {
  const made = forge.pki.createCertificate();
  made.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  made.validity.notBefore = new Date('2026-01-01T00:00:00Z');
  made.validity.notAfter = new Date('2036-01-01T00:00:00Z');
  made.setSubject([{ name: 'commonName', value: 'forged.example' }]);
  made.setIssuer([{ name: 'commonName', value: 'forged.example' }]);
  made.sign(key, forge.md.sha256.create());
  return made;
}
