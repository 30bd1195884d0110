import type { AuthMethod, OAuth2Method } from '../definition/auth-definition.ts';
import type { Definition } from '../definition.ts';
import { placesIn } from '../requests/template.ts';
import type { FileProblem, Path } from './source-file.ts';

/** What a file says of signing in that other parts of it must agree with. */
export function checkSignIn(definition: Definition): FileProblem[] {
  return [
    ...definition.auth.flatMap((method, index) =>
      method.type === 'oauth2' ? checkChoice(definition, method, ['auth', index, 'account_choice']) : [],
    ),
    ...checkScopes(definition),
    ...checkScopePlaces(definition),
  ];
}

function checkScopePlaces({ auth, connectionFields }: Definition): FileProblem[] {
  const fields = new Set(connectionFields.map(({ name }) => name));
  return auth.flatMap((method, index) =>
    ('scopes' in method ? method.scopes : [])
      .flatMap(({ name }) => placesIn(name))
      .filter((place) => !fields.has(place))
      .map((place) => ({
        path: ['auth', index, 'scopes'],
        message: `{${place}} in a scope is no connection field. Declare it, or correct the name.`,
      })),
  );
}

/** The new token goes to that address, so it must be one where credentials of this integration go anyway. */
function checkChoice(definition: Definition, { accountChoice }: OAuth2Method, path: Path): FileProblem[] {
  if (accountChoice === undefined) return [];
  const field = definition.connectionFields.find((one) => one.name === accountChoice.field);
  const problems: FileProblem[] = [];
  if (field?.filledFrom?.source !== 'account_choice')
    problems.push({
      path: [...path, 'field'],
      message: `There is no connection field "${accountChoice.field}" with filled_from: { source: account_choice }.`,
    });
  for (const [index, { name, filledFrom }] of definition.connectionFields.entries())
    if (filledFrom?.source === 'account_choice' && name !== accountChoice.field && filledFrom.path === '')
      problems.push({
        path: ['connection_fields', index, 'filled_from'],
        message: `Say under path where a chosen account has the field "${name}".`,
      });
  if (!hostsOf(definition).has(hostOf(accountChoice.url)))
    problems.push({
      path: [...path, 'url'],
      message: 'The host is none that this file sends credentials to otherwise.',
    });
  return problems;
}

function hostsOf(definition: Definition): Set<string> {
  const addresses = [
    definition.baseUrl,
    ...definition.auth.flatMap(addressesOf),
    ...definition.actions.flatMap(({ baseUrl }) => baseUrl ?? []),
  ];
  return new Set(addresses.map(hostOf));
}

function addressesOf(method: AuthMethod): string[] {
  return [
    method.baseUrl ?? [],
    method.probe?.baseUrl ?? [],
    'tokenUrl' in method ? method.tokenUrl : [],
  ].flat();
}

/** As it is written, places for connection fields among it. */
function hostOf(address: string): string {
  return /^https?:\/\/([^/?#]+)/.exec(address)?.[1]?.toLowerCase() ?? address;
}

/**
 * A scope that no method asks for would make its action a refused one for everybody. Where nothing is asked for at all, scopes
 * are chosen where the app is registered, and the token answer says which.
 */
function checkScopes({ auth, actions }: Definition): FileProblem[] {
  const asked = new Set(
    auth.flatMap((method) => ('scopes' in method ? method.scopes : [])).map(({ name }) => name),
  );
  if (asked.size === 0) return [];
  return actions.flatMap(({ scopes }, index) =>
    scopes
      .filter((scope) => !asked.has(scope))
      .map((scope) => ({
        path: ['actions', index, 'scopes'],
        message: `No auth method asks for the scope "${scope}".`,
      })),
  );
}
