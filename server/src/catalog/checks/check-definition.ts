import { parsePath } from '../answers/path.ts';
import type { Action } from '../definition/action-definition.ts';
import type { AuthMethod } from '../definition/auth-definition.ts';
import type { Definition } from '../definition.ts';
import { methodIdOf } from '../methods.ts';
import { addressProblem } from './address-check.ts';
import { checkFields } from './check-fields.ts';
import { checkPlacements } from './check-placements.ts';
import { checkSecrets } from './check-secrets.ts';
import { checkServiceAccounts } from './check-service-accounts.ts';
import { checkSignIn } from './check-sign-in.ts';
import { checkTemplates } from './check-templates.ts';
import { patternProblem } from './pattern-guard.ts';
import type { FileProblem, Path } from './source-file.ts';

/** What the shape alone cannot say: names that must exist, addresses, patterns, templates. `source` is the file as parsed. */
export function checkDefinition(
  definition: Definition,
  source: unknown,
  allowedPrivateHosts: readonly string[] | null,
): FileProblem[] {
  return [
    ...checkTemplates(definition),
    ...checkAddresses(definition, allowedPrivateHosts),
    ...checkEveryText(source, []),
    ...checkNames(definition),
    ...checkMethods(definition),
    ...checkPlacements(definition),
    ...definition.actions.flatMap((action, index) => checkAction(definition, action, ['actions', index])),
    ...checkPrimary(definition),
    ...checkSignIn(definition),
    ...checkFields(definition),
    ...checkServiceAccounts(definition),
    ...checkSecrets(definition),
  ];
}

function checkAddresses(definition: Definition, allowed: readonly string[] | null): FileProblem[] {
  const addresses: [Path, string | undefined][] = [
    [['base_url'], definition.baseUrl],
    [['probe', 'base_url'], definition.probe?.baseUrl],
  ];
  for (const [index, method] of definition.auth.entries()) {
    addresses.push([['auth', index, 'base_url'], method.baseUrl]);
    addresses.push([['auth', index, 'probe', 'base_url'], method.probe?.baseUrl]);
    if ('assumeRole' in method)
      addresses.push([['auth', index, 'assume_role', 'url'], method.assumeRole?.url]);
    if ('tokenUrl' in method) addresses.push([['auth', index, 'token_url'], method.tokenUrl]);
    if ('authorizeUrl' in method) addresses.push([['auth', index, 'authorize_url'], method.authorizeUrl]);
    if ('refreshUrl' in method) addresses.push([['auth', index, 'refresh_url'], method.refreshUrl]);
    if ('revokeUrl' in method) addresses.push([['auth', index, 'revoke_url'], method.revokeUrl]);
  }
  for (const [index, action] of definition.actions.entries())
    addresses.push([['actions', index, 'base_url'], action.baseUrl]);
  return addresses.flatMap(([path, address]) => {
    const mayHaveQuery = path.at(-1) === 'authorize_url';
    const problem = address === undefined ? null : addressProblem(address, allowed, { mayHaveQuery });
    return problem === null ? [] : [{ path, message: problem }];
  });
}

const PATH_FIELDS = new Set([
  'permission_path',
  'wait_path',
  'token_path',
  'records',
  'primary_key',
  'cursor_field',
  'next',
  'total',
  'rows_at',
  'path',
]);

function isPattern(key: string, path: Path): boolean {
  const parent = path.at(-1);
  return (
    key === 'pattern' ||
    (key === 'matches' &&
      (path.includes('token_words') ||
        parent === 'body' ||
        parent === 'header' ||
        typeof parent === 'number'))
  );
}

/** All regular expressions of a file as it was parsed, and where they stand. */
export function patternsIn(value: unknown, path: Path = []): { path: Path; pattern: string }[] {
  if (value === null || typeof value !== 'object') return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([key, inner]) => {
    if (key === 'body' && path.at(-1) === 'request') return [];
    if (typeof inner !== 'string') return patternsIn(inner, [...path, key]);
    return isPattern(String(key), path) ? [{ path: [...path, key], pattern: inner }] : [];
  });
}

/** Patterns and answer paths wherever they stand. A request's `path` starts with / and is another thing. */
function checkEveryText(value: unknown, path: Path): FileProblem[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => checkEveryText(item, [...path, index]));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, key];
    if (key === 'body' && path.at(-1) === 'request') return [];
    if (typeof inner !== 'string') return checkEveryText(inner, here);
    const problem = isPattern(key, path) ? patternProblem(inner) : null;
    if (problem !== null) return [{ path: here, message: problem }];
    const isPath = PATH_FIELDS.has(key) && path.at(-1) !== 'request';
    return isPath && parsePath(inner) === null
      ? [{ path: here, message: `"${inner}" is no path into an answer. Write data.items[0].id.` }]
      : [];
  });
}

function checkNames(definition: Definition): FileProblem[] {
  const lists: [Path, readonly string[]][] = [
    [['connection_fields'], definition.connectionFields.map((field) => field.name)],
    [['actions'], definition.actions.map((action) => action.name)],
    [['lists'], definition.lists.map((list) => list.name)],
    ...definition.auth.map((method, index): [Path, string[]] => [
      ['auth', index, 'fields'],
      'fields' in method ? method.fields.map((field) => field.name) : [],
    ]),
    ...definition.actions.flatMap((action, index): [Path, string[]][] => [
      [['actions', index, 'inputs'], action.inputs.map((one) => one.name)],
      [['actions', index, 'outputs'], action.outputs.map((one) => one.name)],
    ]),
  ];
  return lists.flatMap(([path, names]) =>
    names.flatMap((name, index) => {
      const problem = nameProblem(name, names.indexOf(name) < index, path.at(-1) === 'actions');
      return problem === null ? [] : [{ path: [...path, index, 'name'], message: problem }];
    }),
  );
}

/** Values are kept by these names in objects, and every object has something of that name from birth. */
function nameProblem(name: string, isTwice: boolean, isOfAction: boolean): string | null {
  if (isTwice) return `The name "${name}" is there twice.`;
  const isTaken = !isOfAction && name in Object.prototype;
  return isTaken
    ? `There can be no field called "${name}". Take another name, such as "${name}_name".`
    : null;
}

/** Fields that a kind of method does something of its own with, by their names. */
const FIXED_FIELDS: Record<string, readonly string[]> = {
  google_service_account: ['key_file'],
  aws_access_key: ['access_key_id', 'secret_access_key'],
  jwt_bearer: ['private_key'],
  client_assertion: ['client_id', 'private_key'],
  self_signed: ['private_key'],
  jwt_exchange: ['private_key'],
  certificate: ['certificate', 'private_key'],
};

function checkFixedFields(method: AuthMethod, index: number): FileProblem[] {
  const kind = method.type === 'service_account' ? method.kind : method.type;
  const fields = 'fields' in method ? method.fields : [];
  const isAskedAsClient = kind === 'jwt_bearer' && tokenAuthMethodOf(method) !== 'none';
  const wanted = [...(FIXED_FIELDS[kind] ?? []), ...(isAskedAsClient ? ['client_id', 'client_secret'] : [])];
  return wanted.flatMap((name) => {
    const field = fields.find((one) => one.name === name);
    const path = ['auth', index, 'fields'];
    if (field === undefined) return [{ path, message: `The kind ${kind} needs a field called "${name}".` }];
    const isOpen = name !== 'access_key_id' && name !== 'client_id' && !field.secret;
    return isOpen ? [{ path, message: `The field "${name}" must be secret.` }] : [];
  });
}

function tokenAuthMethodOf(method: AuthMethod) {
  return 'tokenAuthMethod' in method ? method.tokenAuthMethod : 'none';
}

function checkMethods(definition: Definition): FileProblem[] {
  return definition.auth.flatMap((method, index) => {
    const fixed = checkFixedFields(method, index);
    if (fixed.length > 0) return fixed;
    const same = definition.auth.filter((other) => methodIdOf(other) === methodIdOf(method));
    if (same.length < 2) return [];
    return [
      {
        path: ['auth', index],
        message: `Two auth methods are called "${methodIdOf(method)}". Give each an id.`,
      },
    ];
  });
}

function checkAction(definition: Definition, action: Action, path: Path): FileProblem[] {
  const inputs = new Set(action.inputs.map((input) => input.name));
  const fields = new Set(definition.connectionFields.map((field) => field.name));
  const groups = new Set(definition.rateLimits?.windows.map((window) => window.group));
  const unknown = (names: readonly string[], at: Path) =>
    names
      .filter((name) => !inputs.has(name))
      .map((name) => ({ path: at, message: `There is no input "${name}".` }));
  const problems: FileProblem[] = [
    ...unknown(action.needs.flat(2), [...path, 'needs']),
    ...unknown(action.bulk?.shared ?? [], [...path, 'bulk', 'shared']),
    ...unknown(action.only === undefined ? [] : [action.only.is], [...path, 'only']),
    ...checkOnly(action, [...path, 'only']),
    ...[...inputs]
      .filter((name) => fields.has(name))
      .map((name) => ({ path, message: `"${name}" is an input and a connection field.` })),
  ];
  const methods = new Set<string>(definition.auth.map((method) => methodIdOf(method)));
  for (const name of action.methods ?? [])
    if (!methods.has(name))
      problems.push({ path: [...path, 'methods'], message: `There is no auth method "${name}".` });
  for (const [index, input] of action.inputs.entries()) {
    const list = input.options?.list;
    if (list !== undefined && !definition.lists.some((one) => one.name === list)) {
      problems.push({ path: [...path, 'inputs', index, 'options'], message: `There is no list "${list}".` });
    }
  }
  if (action.rateGroup !== undefined && !groups.has(action.rateGroup)) {
    problems.push({
      path: [...path, 'rate_group'],
      message: `No window of rate_limits has the group "${action.rateGroup}".`,
    });
  }
  return problems;
}

/** Where the list stands is one place: of many lists nobody could say which items are left. */
function checkOnly({ only }: Action, path: Path): FileProblem[] {
  if (only === undefined) return [];
  const isOne = parsePath(only.in)?.every(({ kind }) => kind !== 'each') === true;
  const unread = [
    ...(isOne ? [] : [only.in]),
    ...[only.where].flat().filter((one) => parsePath(one) === null),
  ];
  return unread.map((one) => ({
    path,
    message: `"${one}" is no path that can stand here. Write data.users, and where: email or emails[].value.`,
  }));
}

function checkPrimary(definition: Definition): FileProblem[] {
  const primary = definition.actions.filter((action) => action.primary);
  if (definition.actions.length === 0 || primary.length === 1) return [];
  return [
    { path: ['actions'], message: `Exactly one action has "primary: true"; here ${primary.length} have.` },
  ];
}
