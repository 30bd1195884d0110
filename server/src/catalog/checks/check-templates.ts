import type { RequestTemplate } from '../definition/request-template.ts';
import type { Definition } from '../definition.ts';
import { placesIn, quotedBy } from '../requests/template.ts';
import type { FileProblem, Path } from './source-file.ts';

/**
 * Every place of every template is an input of its own action or a connection field. A credential in a template is
 * named for what it is: how a key travels is said under `send` alone.
 */
export function checkTemplates(definition: Definition): FileProblem[] {
  const fields = definition.connectionFields.map((field) => field.name);
  const secrets = new Set(
    definition.auth.flatMap((method) => ('fields' in method ? method.fields.map((one) => one.name) : [])),
  );
  const check = (path: Path, request: RequestTemplate, names: readonly string[]) =>
    checkRequest(path, request, new Set([...fields, ...names]), secrets);
  const probes: [Path, Definition['probe']][] = [
    [['probe'], definition.probe],
    ...definition.auth.map((method, index): [Path, Definition['probe']] => [
      ['auth', index, 'probe'],
      method.probe,
    ]),
  ];
  return [
    ...probes.flatMap(([path, probe]) => [
      ...(probe ? check([...path, 'request'], probe.request, []) : []),
      ...(probe?.labelRequest
        ? check([...path, 'label_request', 'request'], probe.labelRequest.request, [])
        : []),
    ]),
    ...definition.actions.flatMap((action, index) => {
      const names = action.inputs.map((input) => input.name);
      return [
        ...check(['actions', index, 'request'], action.request, names),
        ...(action.poll
          ? check(['actions', index, 'poll', 'request'], action.poll.request, [...names, 'job_id'])
          : []),
      ];
    }),
    ...definition.lists.flatMap((list, index) =>
      check(['lists', index, 'request'], list.request, [
        ...list.inputs.map((input) => input.name),
        ...PAGING,
      ]),
    ),
    ...checkPlaces(['default_headers'], definition.defaultHeaders, new Set(fields), secrets),
    ...definition.auth.flatMap((method, index) => checkAuth(['auth', index], method, fields)),
    ...checkPlaces(['base_url'], definition.baseUrl, new Set(fields), secrets),
  ];
}

const PAGING = ['cursor', 'offset', 'page', 'limit'];

function checkRequest(
  path: Path,
  request: RequestTemplate,
  allowed: ReadonlySet<string>,
  secrets: ReadonlySet<string>,
): FileProblem[] {
  const bodies = [request.body, request.form, request.graphql].filter((one) => one !== undefined);
  const problems: FileProblem[] = [
    ...checkPlaces([...path, 'path'], request.path, allowed, secrets),
    ...checkPlaces([...path, 'query'], request.query, allowed, secrets),
    ...checkPlaces([...path, 'headers'], request.headers, allowed, secrets),
    ...checkPlaces([...path, 'body'], request.body, allowed, secrets),
    ...checkPlaces([...path, 'form'], request.form, allowed, secrets),
    ...checkPlaces([...path, 'mail'], request.mail, allowed, secrets),
    ...checkPlaces([...path, 'graphql', 'variables'], request.graphql?.variables, allowed, secrets),
    ...(request.quotes === undefined
      ? [
          ...checkQuoted([...path, 'path'], request.path),
          ...checkQuoted([...path, 'query'], request.query),
          ...checkQuoted([...path, 'body'], request.body),
          ...checkQuoted([...path, 'form'], request.form),
          ...checkQuoted([...path, 'graphql', 'variables'], request.graphql?.variables),
        ]
      : []),
  ];
  if (bodies.length > 1)
    problems.push({ path, message: 'A request has one of body, form and graphql, not several.' });
  if (request.method === 'GET' && (bodies.length > 0 || request.mail !== undefined))
    problems.push({ path, message: 'A GET request has no body.' });
  if (/(^|\/)\.{1,2}(\/|$)|%2e/i.test(request.path)) {
    problems.push({ path: [...path, 'path'], message: 'The path must not step upwards ("..").' });
  }
  return problems;
}

/** A value between quotation marks could end them and go on in the language of the filter it is part of. */
function checkQuoted(path: Path, template: unknown): FileProblem[] {
  if (template !== null && typeof template === 'object')
    return Object.entries(template).flatMap(([key, inner]) =>
      checkQuoted([...path, Array.isArray(template) ? Number(key) : key], inner),
    );
  if (typeof template !== 'string') return [];
  const found = [...template.matchAll(/\{[a-z][a-z0-9_]*\}/g)].filter(
    ({ index }) => quotedBy(template, index) === "'",
  );
  return found.map(([place]) => ({
    path,
    message: `${place} stands between quotation marks, which a value with one in it would end. Say under "quotes" how they are written inside: doubled, or with a backslash.`,
  }));
}

function checkPlaces(
  path: Path,
  template: unknown,
  allowed: ReadonlySet<string>,
  secrets: ReadonlySet<string>,
): FileProblem[] {
  if (template !== null && typeof template === 'object') {
    const entries: [string | number, unknown][] = Array.isArray(template)
      ? template.map((inner, index): [number, unknown] => [index, inner])
      : Object.entries(template);
    return entries.flatMap(([key, inner]) => checkPlaces([...path, key], inner, allowed, secrets));
  }
  return placesIn(template)
    .filter((name) => !allowed.has(name))
    .map((name) => ({
      path,
      message: secrets.has(name)
        ? `{${name}} is a credential and cannot stand in a request. How it travels is said under "send".`
        : `There is no {${name}} here. Declare it, or correct the name${thereAre(allowed)}.`,
    }));
}

const MOST_NAMED = 8;

function thereAre(allowed: ReadonlySet<string>): string {
  if (allowed.size === 0) return '';
  const named = [...allowed].slice(0, MOST_NAMED).map((name) => `{${name}}`);
  return `; there ${allowed.size === 1 ? 'is' : 'are'}: ${named.join(', ')}${allowed.size > MOST_NAMED ? ', …' : ''}`;
}

function checkAuth(path: Path, method: Definition['auth'][number], fields: readonly string[]): FileProblem[] {
  const own = 'fields' in method ? method.fields.map((field) => field.name) : ['access_token'];
  const allowed = new Set([
    ...own,
    ...fields,
    ...(method.type === 'api_key' || method.type === 'basic' ? [] : ['access_token']),
  ]);
  const none: ReadonlySet<string> = new Set();
  return [
    ...('send' in method && method.send
      ? checkPlaces(
          [...path, 'send'],
          method.send.map((one) => ({ value: one.value })),
          allowed,
          none,
        )
      : []),
    ...(method.type === 'basic' ? checkPlaces([...path, 'username'], method.username, allowed, none) : []),
    ...(method.type === 'basic' ? checkPlaces([...path, 'password'], method.password, allowed, none) : []),
    ...ADDRESSES.flatMap(([name, read]) => {
      const address = read(method);
      const known = new Set(name === 'revoke_url' ? [...fields, 'client_id', 'token'] : fields);
      return address === undefined ? [] : checkPlaces([...path, name], address, known, none);
    }),
    ...('revokeParams' in method
      ? [
          ...checkPlaces([...path, 'revoke_params'], method.revokeParams, WITH_A_REVOCATION, none),
          ...checkPlaces([...path, 'revoke_headers'], method.revokeHeaders, WITH_A_REVOCATION, none),
        ]
      : []),
    ...TOLD.flatMap(([name, read, filledWith]) =>
      checkPlaces(
        [...path, ...name],
        read(method),
        new Set(filledWith('fields' in method ? own : [], fields)),
        none,
      ),
    ),
  ];
}

const WITH_A_REVOCATION = new Set(['client_id', 'client_secret', 'token', 'account_id']);

type Method = Definition['auth'][number];
type Filling = (own: readonly string[], fields: readonly string[]) => readonly string[];

const nothing: Filling = () => [];
/** Where people sign in nothing is entered that could be told to the token address. */
const whatIsEntered: Filling = (own, fields) => (own.length === 0 ? [] : [...own, ...fields]);
const whatIsOfTheConnection: Filling = (_, fields) => fields;

/** What else a method says, and what places there are filled with. */
const TOLD: readonly (readonly [readonly string[], (method: Method) => unknown, Filling])[] = [
  [['authorize_params'], (method) => 'authorizeParams' in method && method.authorizeParams, nothing],
  [['callback_match'], (method) => 'callbackMatch' in method && method.callbackMatch, whatIsOfTheConnection],
  [
    ['account_choice', 'url'],
    (method) => 'accountChoice' in method && method.accountChoice?.url,
    whatIsOfTheConnection,
  ],
  [['refresh_params'], (method) => 'refreshParams' in method && method.refreshParams, () => ['redirect_uri']],
  [['token_query'], (method) => 'tokenQuery' in method && method.tokenQuery, nothing],
  [['token_headers'], (method) => 'tokenHeaders' in method && method.tokenHeaders, nothing],
  [['token_params'], (method) => 'tokenParams' in method && method.tokenParams, whatIsEntered],
  [['target_audience'], (method) => 'targetAudience' in method && method.targetAudience, whatIsEntered],
  [['signing'], (method) => 'signing' in method && method.signing, whatIsEntered],
  [['assume_role', 'region'], (method) => 'assumeRole' in method && method.assumeRole?.region, whatIsEntered],
  [
    ['assume_role', 'session_name'],
    (method) => 'assumeRole' in method && method.assumeRole?.sessionName,
    whatIsEntered,
  ],
];

/** Addresses are made from connection fields alone. */
const ADDRESSES: readonly (readonly [string, (method: Method) => string | undefined])[] = [
  ['base_url', (method) => method.baseUrl],
  ['authorize_url', (method) => ('authorizeUrl' in method ? method.authorizeUrl : undefined)],
  ['assume_role.url', (method) => ('assumeRole' in method ? method.assumeRole?.url : undefined)],
  ['token_url', (method) => ('tokenUrl' in method ? method.tokenUrl : undefined)],
  ['refresh_url', (method) => ('refreshUrl' in method ? method.refreshUrl : undefined)],
  ['revoke_url', (method) => ('revokeUrl' in method ? method.revokeUrl : undefined)],
];
