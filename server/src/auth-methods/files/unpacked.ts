import { pemOfDer } from './der-file.ts';
import { kindOfLabel } from './file-kind.ts';
import { readPem } from './pem.ts';
import { openPkcs12 } from './pkcs12.ts';

/** A private key and a certificate as they were entered, by the names of their fields. */
export interface EnteredPair {
  certificate?: string | undefined;
  private_key?: string | undefined;
  passphrase?: string | undefined;
}

type Half = 'certificate' | 'private_key';

/** `brings`: which of the two were not entered by themselves but are in the file of the other. */
export type Unpacked =
  | { kind: 'pair'; pair: EnteredPair; brings: Half[] }
  | { kind: 'problem'; field: Half | 'passphrase'; message: string; brings: Half[] };

/**
 * Key and certificate out of one file that holds both: PKCS#12 (.p12, .pfx), or PEM with one after the other. What was
 * entered apart stays as it is. `asksFor`: whether a certificate is wanted at all.
 */
export async function unpacked(entered: EnteredPair, asksFor: { certificate: boolean }): Promise<Unpacked> {
  for (const field of ['certificate', 'private_key'] as const) {
    const bytes = pkcs12In(entered[field]);
    if (bytes !== null) return fromPkcs12(field, bytes, entered, asksFor);
  }
  const { certificate, private_key: key } = entered;
  const holdsKey = key === undefined && has(certificate, (label) => label.endsWith('private_key'));
  if (holdsKey)
    return { kind: 'pair', pair: { ...entered, private_key: certificate }, brings: ['private_key'] };
  const holdsCertificate =
    asksFor.certificate && certificate === undefined && has(key, (kind) => kind === 'certificate');
  return holdsCertificate
    ? { kind: 'pair', pair: { ...entered, certificate: key }, brings: ['certificate'] }
    : { kind: 'pair', pair: entered, brings: [] };
}

function has(text: string | undefined, isWanted: (kind: string) => boolean): boolean {
  const read = text === undefined ? null : readPem(text);
  return read?.kind === 'blocks' && read.blocks.some(({ label }) => isWanted(kindOfLabel(label)));
}

function pkcs12In(text: string | undefined): Buffer | null {
  const read = text === undefined ? null : readPem(text);
  const [block] = read?.kind === 'blocks' ? read.blocks : [];
  if (block === undefined || kindOfLabel(block.label) !== 'pkcs12') return null;
  return Buffer.from(block.pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
}

async function fromPkcs12(
  field: Half,
  bytes: Buffer,
  entered: EnteredPair,
  asksFor: { certificate: boolean },
): Promise<Unpacked> {
  const other: Half = field === 'certificate' ? 'private_key' : 'certificate';
  // The same file under both is no second one.
  const isOtherApart = entered[other] !== undefined && pkcs12In(entered[other]) === null;
  const isWanted = other === 'private_key' || asksFor.certificate;
  const brings: Half[] = isOtherApart || !isWanted ? [] : [other];
  const opened = await openPkcs12(bytes, entered.passphrase ?? '');
  if (opened.kind !== 'opened') {
    const asksForIt = opened.kind === 'shut';
    const message = asksForIt ? shutWords(entered.passphrase) : UNREAD[opened.kind];
    return { kind: 'problem', field: asksForIt ? 'passphrase' : field, message, brings };
  }
  const { keys, certificates } = opened;
  const wrong = wrongNumber(
    keys.length,
    certificates.length,
    asksFor.certificate && !(isOtherApart && field === 'private_key'),
  );
  if (wrong !== null) return { kind: 'problem', field, message: wrong, brings };
  const parts = {
    private_key: keys.map((key) => pemOfDer('PRIVATE KEY', key)).join(''),
    certificate: certificates.map((one) => pemOfDer('CERTIFICATE', one)).join(''),
  };
  const { passphrase: _, ...others } = entered;
  const rest = isOtherApart ? entered : others;
  const pair: EnteredPair = {
    ...rest,
    [field]: parts[field],
    ...(brings.length === 0 ? {} : { [other]: parts[other] }),
  };
  return { kind: 'pair', pair, brings };
}

function shutWords(passphrase: string | undefined): string {
  return passphrase === undefined
    ? 'The PKCS#12 file is protected by a passphrase. Enter it as well.'
    : 'The passphrase does not open the PKCS#12 file.';
}

const ANEW =
  'Make it anew: openssl pkcs12 -in file.p12 -out file.pem, then openssl pkcs12 -export -in file.pem -out new.p12';
const UNREAD = {
  slow: `The PKCS#12 file is protected so that opening it takes too long. ${ANEW}`,
  unknown: `The PKCS#12 file is protected in a way that cannot be read here. ${ANEW}`,
  damaged: 'The PKCS#12 file is damaged or cut off.',
} as const;

function wrongNumber(keys: number, certificates: number, wantsCertificate: boolean): string | null {
  if (keys > 1) return 'The PKCS#12 file holds more than one private key. Export only the one that is meant.';
  if (keys === 0) {
    return certificates === 0
      ? 'The PKCS#12 file holds neither a private key nor a certificate.'
      : 'The PKCS#12 file holds certificates but no private key. Export it again together with its key.';
  }
  return certificates === 0 && wantsCertificate
    ? 'The PKCS#12 file holds a private key but no certificate.'
    : null;
}
