import { parsePath } from '../answers/path.ts';
import type { AuthMethod } from '../definition/auth-definition.ts';
import type { CredentialField, ListedFrom } from '../definition/field-definition.ts';
import type { Definition } from '../definition.ts';
import { placesIn } from '../requests/template.ts';
import type { FileProblem, Path } from './source-file.ts';

/** What a file says of JWTs, roles and listed choices, that other parts of it must agree with. */
export function checkServiceAccounts(definition: Definition): FileProblem[] {
  const shared = definition.connectionFields.map(({ name }) => name);
  return [
    ...definition.auth.flatMap((method, index) => [
      ...checkAssertion(method, ['auth', index, 'assertion'], shared),
      ...checkParameters(method, ['auth', index]),
      ...checkRole(method, ['auth', index]),
      ...('fields' in method ? checkListed(method.fields, ['auth', index, 'fields'], shared, [method]) : []),
    ]),
    ...checkListed(definition.connectionFields, ['connection_fields'], shared, definition.auth),
  ];
}

/** Every place of every claim is a field, a derived value, or the digest of the public key. */
function checkAssertion(method: AuthMethod, path: Path, shared: readonly string[]): FileProblem[] {
  if (method.type !== 'service_account' || !('assertion' in method)) return [];
  const { assertion } = method;
  const entered = [...shared, ...method.fields.map(({ name }) => name)];
  const known = new Set([...entered, ...Object.keys(assertion.derived), 'public_key_sha256']);
  const templates: [string, unknown][] = [
    ['issuer', assertion.issuer],
    ['subject', assertion.subject],
    ['audience', assertion.audience],
    ['key_id', assertion.keyId],
    ['claims', Object.values(assertion.claims)],
  ];
  const derived: [string, unknown][] = Object.entries(assertion.derived).map(([, { from }]) => [
    'derived',
    from,
  ]);
  const unknown = (names: readonly string[], allowed: ReadonlySet<string>, at: Path) =>
    names
      .filter((name) => !allowed.has(name))
      .map((name) => ({
        path: at,
        message: `{${name}} is no field of this method. Declare it, or correct the name.`,
      }));
  const secrets = method.fields.filter(({ secret }) => secret).map(({ name }) => name);
  return [
    ...templates.flatMap(([name, template]) => unknown(placesIn(template), known, [...path, name])),
    ...Object.entries(assertion.derived).flatMap(([name, { from }]) =>
      unknown(placesIn(from), new Set(entered), [...path, 'derived', name]),
    ),
    ...[...templates, ...derived].flatMap(([name, template]) =>
      placesIn(template)
        .filter((place) => secrets.includes(place) && !shared.includes(place))
        .map((place) => ({
          path: [...path, name],
          message: `{${place}} is a secret; a JWT can be read by whoever has it.`,
        })),
    ),
    ...(assertion.thumbprint !== 'none' && !entered.includes('certificate')
      ? [
          {
            path: [...path, 'thumbprint'],
            message: 'A thumbprint is of a certificate: there is no field "certificate".',
          },
        ]
      : []),
  ];
}

/** The key signs what is sent; it is never sent itself, to whomever. */
function checkParameters(method: AuthMethod, path: Path): FileProblem[] {
  if (method.type !== 'service_account' || !('tokenParams' in method)) return [];
  const secrets = method.fields.filter(({ secret }) => secret).map(({ name }) => name);
  const told = [
    ['token_params', method.tokenParams],
    ['token_headers', method.tokenHeaders],
  ] as const;
  return told.flatMap(([name, given]) =>
    placesIn(given)
      .filter((place) => secrets.includes(place))
      .map((place) => ({ path: [...path, name], message: `{${place}} is a secret, which is never sent.` })),
  );
}

function checkRole(method: AuthMethod, path: Path): FileProblem[] {
  if (!('assumeRole' in method) || method.assumeRole === undefined) return [];
  const field = method.fields.find(({ name }) => name === 'role_arn');
  const isShown = field !== undefined && !field.secret && !field.required;
  return isShown
    ? []
    : [
        {
          path: [...path, 'fields'],
          message: 'With assume_role there is a field "role_arn", which is neither secret nor required.',
        },
      ];
}

interface Listed extends Pick<CredentialField, 'name'> {
  listedFrom?: ListedFrom | undefined;
}

function checkListed(
  fields: readonly Listed[],
  path: Path,
  shared: readonly string[],
  methods: readonly AuthMethod[],
): FileProblem[] {
  return fields.flatMap(({ name, listedFrom }, index) => {
    if (listedFrom === undefined) return [];
    const here = [...path, index, 'listed_from'];
    const { request } = listedFrom;
    const texts = [request.path, request.query, request.headers, request.body, request.form, request.mail];
    const allowed = new Set([...shared.filter((other) => other !== name), 'page']);
    const places = texts.flatMap(placesIn).filter((place) => !allowed.has(place));
    const isSigned = methods.some((method) => 'assertion' in method);
    return [
      ...places.map((place) => ({
        path: here,
        message: `{${place}} is no connection field that is there before this one.`,
      })),
      ...(listedFrom.signedBy === 'assertion' && !isSigned
        ? [{ path: here, message: 'No method here signs an assertion (signed_by).' }]
        : []),
      ...(listedFrom.pageSize !== undefined && !texts.flatMap(placesIn).includes('page')
        ? [{ path: here, message: 'With page_size, {page} says which page is asked for.' }]
        : []),
      ...[listedFrom.value, listedFrom.label, listedFrom.detail ?? 'id', ...Object.keys(listedFrom.where)]
        .filter((one) => parsePath(one) === null)
        .map((one) => ({
          path: here,
          message: `"${one}" is no path into an answer. Write data.items[0].id.`,
        })),
    ];
  });
}
