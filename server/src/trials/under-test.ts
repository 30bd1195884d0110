import { createPrivateKey } from 'node:crypto';
import { makeCertificate, testCertificate } from '../../test/certificate.ts';

const validTo = new Date(Date.now() + 365 * 86_400_000);
const authority = { ...testCertificate('authority.example', validTo), name: 'authority.example' };

/** A certificate of that key, such as a company's own authority would make. */
export function certificateOf(privateKeyPem: string): string {
  const privateKey = createPrivateKey(privateKeyPem);
  return makeCertificate({ name: 'trial.example', validTo, privateKey, issuer: authority }).cert;
}
