/** Why the certificate of the other side is not believed. */
export interface TlsWords {
  /** Half a sentence: "its certificate has ended". */
  because: string;
  nextStep: string | null;
}

const UNKNOWN_AUTHORITY: TlsWords = {
  because: 'its certificate comes from an authority that is not known here',
  nextStep:
    'If it is a server of your company, add the certificate of your company’s authority (PEM) along with the credentials, or ask the operator to add it for this whole server (NODE_EXTRA_CA_CERTS).',
};

/** By the code of OpenSSL or Node, which stands in the `detail` of an outcome. */
const WORDS: Record<string, TlsWords> = {
  CERT_HAS_EXPIRED: {
    because: 'its certificate has ended',
    nextStep: 'Whoever runs that server has to renew its certificate.',
  },
  CERT_NOT_YET_VALID: {
    because: 'its certificate is not valid yet',
    nextStep: 'Look whether the clock of this server is right; else whoever runs that one has to.',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    because: 'its certificate is for another name',
    nextStep: 'Check the address: it must have a name that stands in the certificate of that server.',
  },
  CERT_REVOKED: {
    because: 'its certificate was withdrawn',
    nextStep: 'Whoever runs that server has to renew its certificate.',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
};

export function tlsWords(code: string): TlsWords {
  const known = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
  return known ?? { because: 'it has no valid certificate', nextStep: null };
}
