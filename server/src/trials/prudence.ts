import { readPath } from '../catalog/answers/path.ts';
import type { FileProblem, Path } from '../catalog/checks/source-file.ts';
import type { Action } from '../catalog/definition/action-definition.ts';
import type { AuthMethod, OAuth2Method, Placement } from '../catalog/definition/auth-definition.ts';
import type { Example } from '../catalog/definition/example-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { iconSvg } from '../catalog/icon.ts';
import { methodIdOf } from '../catalog/methods.ts';
import { buildRequest } from '../catalog/requests/request.ts';
import { placesIn, quotedBy } from '../catalog/requests/template.ts';
import { madeUpFor } from './entered.ts';

/**
 * What a file can say and still be a bad one: nothing to find the key by, a secret in an address without need, an input that
 * goes nowhere, an example of nothing. The loader takes such files; whoever writes one is told.
 */
export function prudence(definition: Definition): FileProblem[] {
  return [
    ...iconProblems(definition),
    ...definition.auth.flatMap((method, index) => methodProblems(definition, method, ['auth', index])),
    ...definition.actions.flatMap((action, index) => actionProblems(definition, action, ['actions', index])),
    ...definition.examples.flatMap((example, index) =>
      exampleProblems(definition, example, ['examples', index]),
    ),
  ];
}

/** Letters in place of a mark can be read on any colour: the app draws them white or black, whichever is read better. */
function iconProblems(definition: Definition): FileProblem[] {
  const { icon } = definition;
  if (icon.simple === undefined || iconSvg(definition) !== null) return [];
  return [
    {
      path: ['icon', 'simple'],
      message: `simple-icons has no mark "${icon.simple}". Correct the name, or leave it out: the text is drawn instead.`,
    },
  ];
}

function methodProblems(definition: Definition, method: AuthMethod, path: Path): FileProblem[] {
  const problems: FileProblem[] = [];
  if (method.type === 'api_key' && method.keyHelp === undefined)
    problems.push({ path, message: 'key_help is missing: say where in the dashboard the key is found.' });
  if (definition.auth.length > 1 && !/^.{30,}\.$/s.test(method.note ?? ''))
    problems.push({
      path: [...path, 'note'],
      message: 'Where there are several methods, each has a note: a sentence on when it is the right one.',
    });
  return [
    ...problems,
    ...placementProblems(method, path),
    ...unsentProblems(method, path),
    ...(method.type === 'oauth2' ? signInProblems(method, path) : []),
  ];
}

function placementProblems(method: AuthMethod, path: Path): FileProblem[] {
  const send: readonly Placement[] = 'send' in method ? (method.send ?? []) : [];
  const secrets = new Set(['access_token', ...secretsOf(method)]);
  return send.flatMap((one, index) => {
    const isInAddress = one.in === 'query' || one.in === 'path';
    if (!isInAddress || one.urlSecret !== undefined || !placesIn(one.value).some((name) => secrets.has(name)))
      return [];
    const message =
      'A secret in the address lands in logs. Send it in a header; where the provider takes it nowhere else, say so under url_secret.';
    return [{ path: [...path, 'send', index], message }];
  });
}

function secretsOf(method: AuthMethod): string[] {
  const fields = 'fields' in method ? method.fields : [];
  return fields.filter(({ secret }) => secret).map(({ name }) => name);
}

function unsentProblems(method: AuthMethod, path: Path): FileProblem[] {
  if (method.type !== 'api_key' && method.type !== 'basic') return [];
  const sent = new Set(
    method.type === 'basic'
      ? placesIn([method.username, method.password])
      : method.send.flatMap(({ value }) => placesIn(value)),
  );
  return secretsOf(method)
    .filter((name) => !sent.has(name))
    .map((name) => ({
      path: [...path, 'fields'],
      message: `The secret "${name}" is asked for and sent nowhere.`,
    }));
}

function signInProblems(method: OAuth2Method, path: Path): FileProblem[] {
  const problems: FileProblem[] = [];
  const addresses: [string, string | undefined][] = [
    ['authorize_url', method.authorizeUrl],
    ['token_url', method.tokenUrl],
    ['refresh_url', method.refreshUrl],
    ['revoke_url', method.revokeUrl],
  ];
  for (const [name, address] of addresses) {
    if (address !== undefined && !/^(https:\/\/|\{)/.test(address))
      problems.push({ path: [...path, name], message: 'People sign in over https alone.' });
  }
  if (method.revokeUrl === undefined && method.removeUrl === undefined)
    problems.push({
      path,
      message:
        'How is access withdrawn? Give revoke_url, or remove_url with the page where a person does it.',
    });
  for (const [index, scope] of method.scopes.entries()) {
    if (scope.description === undefined)
      problems.push({
        path: [...path, 'scopes', index],
        message: `Say in a description what the scope ${scope.name} allows, for the person who is asked.`,
      });
  }
  return problems;
}

function actionProblems(definition: Definition, action: Action, path: Path): FileProblem[] {
  const inputs = Object.fromEntries(action.inputs.map(({ name }) => [name, `value-of-${name}`]));
  const built = buildRequest(
    { ...definition, baseUrl: action.baseUrl ?? definition.baseUrl },
    action.request,
    inputs,
    fieldsOf(definition),
  );
  const problems: FileProblem[] = [];
  if (built.kind === 'unfit')
    problems.push({
      path: [...path, 'request'],
      message: `The request of "${action.label}" cannot be made with all its inputs: ${built.message}`,
    });
  const places = new Set([...placesIn(action.request), ...placesIn(action.poll?.request)]);
  for (const [index, { name }] of action.inputs.entries()) {
    if (places.has(name)) continue;
    const message = `The input "${name}" goes nowhere: put {${name}} into the request, or take it away.`;
    problems.push({ path: [...path, 'inputs', index], message });
  }
  for (const [name, value] of Object.entries(action.request.query)) {
    if (action.request.quotes !== undefined || !hasQuotedPlace(value)) continue;
    const message =
      'A value with a quotation mark in it would end the quotation. Say under "quotes" how they are written inside: doubled, or with a backslash.';
    problems.push({ path: [...path, 'request', 'query', name], message });
  }
  const primaries = action.outputs.filter(({ primary }) => primary).length;
  if (primaries !== 1)
    problems.push({
      path: [...path, 'outputs'],
      message: `One output is what the column shows (primary: true); here ${primaries} are.`,
    });
  if (action.bulk !== undefined && !Array.isArray(readPath(action.request.body, action.bulk.rowsAt)))
    problems.push({
      path: [...path, 'bulk', 'rows_at'],
      message: `There is no list at ${action.bulk.rowsAt} in the body of the request.`,
    });
  return problems;
}

/** Between quotation marks stands what a filter or a search compares with. */
function hasQuotedPlace(template: unknown): boolean {
  if (typeof template !== 'string') return false;
  return [...template.matchAll(/\{[a-z][a-z0-9_]*\}/g)].some(
    ({ index }) => quotedBy(template, index) !== null,
  );
}

function fieldsOf(definition: Definition): Record<string, string> {
  const made = definition.auth.map((method) => madeUpFor(definition, method, () => ''));
  return Object.assign(
    {},
    ...made.map((one) => (one.kind === 'made_up' ? { ...one.entered, ...one.told } : {})),
  ) as Record<string, string>;
}

function exampleProblems(definition: Definition, example: Example, path: Path): FileProblem[] {
  const problem = (at: Path, message: string) => [{ path: [...path, ...at], message }];
  const { of, method, gives, account, means } = example;
  const known = definition.auth.map((one) => methodIdOf(one));
  if (method !== undefined && !known.includes(method))
    return problem(['method'], `There is no method "${method}" here; there are: ${known.join(', ')}.`);
  const there = answered(definition);
  if (!there.includes(of))
    return problem(
      ['of'],
      `There is nothing called "${of}" here that could be answered. Describe it, or correct the name; there is: ${there.join(', ') || 'nothing'}.`,
    );
  if (example.body !== undefined && example.text !== undefined)
    return problem([], 'An answer has a body or a text, not both.');
  const action = definition.actions.find(({ name }) => name === of || `${name}.poll` === of);
  const outputs = new Set(action?.outputs.map(({ name }) => name));
  const unknown = Object.keys(gives ?? {}).find((name) => !outputs.has(name));
  if (unknown !== undefined)
    return problem(
      ['gives'],
      action === undefined
        ? 'Only an action gives something.'
        : `"${action.label}" has no output "${unknown}".`,
    );
  if (account !== undefined && (!/^probe/.test(of) || means !== 'success'))
    return problem(['account'], 'Only a check that succeeds names an account.');
  if (example.expiresInSeconds !== undefined && of !== 'token' && of !== 'refresh')
    return problem(['expires_in_seconds'], 'Only a token ends.');
  return [];
}

/** What the file describes that can be answered, as examples call it. */
function answered(definition: Definition): string[] {
  const probes = [definition.probe, ...definition.auth.map(({ probe }) => probe)].filter(
    (one) => one !== undefined,
  );
  const isThere: [of: string, boolean][] = [
    ['probe', probes.length > 0],
    ['probe.label', probes.some(({ labelRequest }) => labelRequest !== undefined)],
    ['token', definition.auth.some((method) => 'tokenUrl' in method)],
    ['refresh', definition.auth.some((method) => method.type === 'oauth2' && method.refresh !== 'none')],
  ];
  return [
    ...isThere.flatMap(([of, isSo]) => (isSo ? [of] : [])),
    ...definition.actions.flatMap(({ name, poll }) => (poll === undefined ? [name] : [name, `${name}.poll`])),
  ];
}
