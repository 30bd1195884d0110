/*
 * The modules of OpenID's conformance suite for clients (plans oidcc-client-test, oidcc-client-basic-certification,
 * fapi1-advanced-final-client, fapi2-security-profile-final-client and fapi2-message-signing-final-client), as far as they
 * concern the code flow of a client that asks for access alone; `fapi-client-test-…` stands for the module of that name in
 * whichever of the three FAPI plans has it. A real authorization server, found by its issuer.
 */

/** By module: the test of `relying-party`, or of the file that is named, which does what the module does. */
export const REPRODUCED: Record<string, string> = {
  'oidcc-client-test': 'signs in by code with PKCE (S256), and asks for nothing else',
  'oidcc-client-test-client-secret-basic': 'by Basic alone, where its description says so',
  'oidcc-client-test (client_auth_type: client_secret_post)': 'in the form alone, where that is said',
  'oidcc-client-test-scope-userinfo-claims': 'signs in by code with PKCE (S256), and asks for nothing else',
  'oidcc-client-test-userinfo-bearer-header': 'goes into the Authorization header, and into no address',
  'oidcc-client-test-discovery-openid-config': 'sign-in-kinds: becomes an integration that people sign in to',
  'oidcc-client-test-discovery-issuer-mismatch': 'that calls itself by another issuer is refused: %s',
  'fapi-client-test-happy-path': 'signs in by code with PKCE (S256), and asks for nothing else',
  'fapi-client-test-invalid-authorization-response-iss':
    'sign-in-kinds: is held to it: an issuer that %s in the callback is refused, before anybody is called',
  'fapi-client-test-remove-authorization-response-iss':
    'sign-in-kinds: is held to it: an issuer that %s in the callback is refused, before anybody is called',
  'fapi-client-test-ensure-authorization-response-with-invalid-state-fails':
    'sign-in: without a state, with an empty, unknown or doubled one, is refused and nobody is called',
  'fapi-client-test-ensure-authorization-response-with-invalid-missing-state-fails':
    'sign-in: without a state, with an empty, unknown or doubled one, is refused and nobody is called',
  'fapi-client-test-token-type-case-insensitivity': 'of type %j is a bearer token',
  'fapi-client-test-token-endpoint-response-without-expires_in':
    'without expires_in is used until it is refused, and then renewed',
  'fapi-client-test-no-scope-in-token-endpoint-response': 'without scope has the scopes that were asked for',
};

/** Modules of what is not done here, and why that is so. */
export const NOT_OURS: [because: string, modules: readonly string[]][] = [
  [
    'no ID token is read, so none can say who somebody is: whatever one says changes nothing (tested)',
    [
      'oidcc-client-test-idtoken-sig-none',
      'oidcc-client-test-idtoken-sig-rs256',
      'oidcc-client-test-invalid-aud',
      'oidcc-client-test-invalid-iss',
      'oidcc-client-test-invalid-sig-es256',
      'oidcc-client-test-invalid-sig-hs256',
      'oidcc-client-test-invalid-sig-rs256',
      'oidcc-client-test-kid-absent-multiple-jwks',
      'oidcc-client-test-kid-absent-single-jwks',
      'oidcc-client-test-missing-aud',
      'oidcc-client-test-missing-iat',
      'oidcc-client-test-missing-sub',
      'oidcc-client-test-nonce-invalid',
      'fapi-client-test-encrypted-idtoken',
      'fapi-client-test-encrypted-idtoken-usingrsa15',
      'fapi-client-test-iat-is-week-in-past',
      'fapi-client-test-invalid-alternate-alg',
      'fapi-client-test-invalid-aud',
      'fapi-client-test-invalid-expired-exp',
      'fapi-client-test-invalid-iss',
      'fapi-client-test-invalid-missing-aud',
      'fapi-client-test-invalid-missing-exp',
      'fapi-client-test-invalid-missing-iss',
      'fapi-client-test-invalid-missing-nonce',
      'fapi-client-test-invalid-nonce',
      'fapi-client-test-invalid-null-alg',
      'fapi-client-test-invalid-secondary-aud',
      'fapi-client-test-invalid-signature',
      'fapi-client-test-valid-aud-as-array',
    ],
  ],
  [
    'no key of a server is ever needed, as nothing signed is read',
    [
      'oidcc-client-test-discovery-jwks-uri-keys',
      'oidcc-client-test-signing-key-rotation',
      'oidcc-client-test-signing-key-rotation-just-before-signing',
      'oidcc-client-test-userinfo-signed',
    ],
  ],
  [
    'no claims are read from a userinfo endpoint: whose account it is says the API that the token is for',
    [
      'oidcc-client-test-aggregated-claims',
      'oidcc-client-test-distributed-claims',
      'oidcc-client-test-userinfo-invalid-sub',
      'oidcc-client-test-userinfo-bearer-body',
    ],
  ],
  [
    'of the hybrid flow: what it would carry in the callback is refused (tested)',
    [
      'oidcc-client-test-nonce-unless-code-flow',
      'oidcc-client-test-missing-chash',
      'fapi-client-test-invalid-chash',
      'fapi-client-test-invalid-shash',
      'fapi-client-test-invalid-missing-shash',
      'fapi-client-test-missing-athash',
    ],
  ],
  [
    'signed answers of the callback (JARM) are not asked for, and refused (tested)',
    [
      'fapi-client-test-ensure-jarm-signature-is-not-none',
      'fapi-client-test-ensure-jarm-with-expired-exp-fails',
      'fapi-client-test-ensure-jarm-with-invalid-aud-fails',
      'fapi-client-test-ensure-jarm-with-invalid-iss-fails',
      'fapi-client-test-ensure-jarm-with-invalid-sig-fails',
      'fapi-client-test-ensure-jarm-without-aud-fails',
      'fapi-client-test-ensure-jarm-without-exp-fails',
      'fapi-client-test-ensure-jarm-without-iss-fails',
    ],
  ],
  [
    'an issuer is entered, not looked up by an address of e-mail',
    ['oidcc-client-test-discovery-webfinger-acct'],
  ],
  ['an issuer is entered as it is', ['oidcc-client-test-discovery-webfinger-url']],
  ['a client is registered by a person at the provider', ['oidcc-client-test-dynamic-registration']],
  [
    'requests are not signed, nor pushed (JAR, PAR), nor tokens bound to keys (DPoP, mTLS)',
    [
      'oidcc-client-test-request-uri-signed-none',
      'oidcc-client-test-request-uri-signed-rs256',
      'fapi1-advanced-final-client-test',
      'fapi-client-test-happy-path-no-dpop-nonce',
    ],
  ],
];
