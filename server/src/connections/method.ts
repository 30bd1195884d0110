import type { Catalog } from '../catalog/catalog.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { methodById, methodIdOf } from '../catalog/methods.ts';
import { noSuchIntegration } from '../catalog/no-such-integration.ts';
import { resolveBaseUrl } from '../catalog/requests/base-url.ts';
import { AppError } from '../lib/app-error.ts';
import type { Connection } from './connection.ts';
import { type Misfit, misfitWords } from './misfit.ts';

export interface MethodInUse {
  definition: Definition;
  method: AuthMethod;
}

/**
 * The integration and the method a new connection is to be made with. `asked`: a method's id or a kind; where it is left
 * out, the first one by which something is entered; signing in at the tool begins elsewhere (sign-ins.ts).
 */
export function chooseMethod(
  catalog: Pick<Catalog, 'get' | 'search' | 'leftOut'>,
  slug: string,
  asked: string | undefined,
): { definition: Definition; method: AuthMethod } {
  const definition = catalog.get(slug);
  if (definition === undefined) throw invalid('integration', noSuchIntegration(catalog, slug));
  const offered = definition.auth.filter(
    (method) => asked === undefined || methodIdOf(method) === asked || method.type === asked,
  );
  const method = offered.find((one) => one.type !== 'oauth2');
  if (method !== undefined) return { definition, method };
  throw invalid(
    'method',
    offered.length === 0
      ? `${definition.name} does not connect this way. It does with: ${definition.auth.map(methodIdOf).join(', ')}.`
      : `Nothing is entered to connect ${definition.name} this way: people sign in there (POST /v1/oauth/authorizations).`,
  );
}

/** The same for a connection that is there; null where the catalog no longer has it. */
export function methodOf(
  catalog: Pick<Catalog, 'get'>,
  connection: Pick<Connection, 'integration' | 'methodId'>,
): { definition: Definition; method: AuthMethod } | null {
  const definition = catalog.get(connection.integration);
  const method = definition && methodById(definition, connection.methodId);
  return definition === undefined || method === undefined ? null : { definition, method };
}

/** Where a method's requests go: its own address, or the integration's. */
export function addressOf(definition: Definition, method: AuthMethod): Definition {
  return { ...definition, baseUrl: method.baseUrl ?? definition.baseUrl };
}

/** The path of the API's address, behind which some methods put their key; empty where there is no address. */
export function basePathOf(
  definition: Definition,
  method: AuthMethod,
  fields: Readonly<Record<string, string>>,
): string {
  const base = resolveBaseUrl(addressOf(definition, method), fields);
  return base.kind === 'ready' ? new URL(base.url).pathname.replace(/\/$/, '') : '';
}

export function fileGone(integration: string): AppError {
  return new AppError('conflict', {
    reason: 'not_in_catalog',
    detail: `The catalog no longer has “${integration}”: its file is gone or broken. Put its file back, or delete the connection.`,
  });
}

/** Of a connection that the catalog has no use for. */
export function misfitError(
  misfit: Misfit,
  catalog: Pick<Catalog, 'get'>,
  connection: Pick<Connection, 'integration' | 'methodId'>,
): AppError {
  if (misfit === 'file_gone') return fileGone(connection.integration);
  const name = catalog.get(connection.integration)?.name ?? connection.integration;
  const detail = misfitWords(misfit, connection, name);
  return new AppError('connection_broken', { reason: misfit, detail });
}

/** Where `methodOf` finds nothing. */
export function goneFromCatalog(
  catalog: Pick<Catalog, 'get'>,
  connection: Pick<Connection, 'integration' | 'methodId'>,
): AppError {
  const isThere = catalog.get(connection.integration) !== undefined;
  return misfitError(isThere ? 'method_gone' : 'file_gone', catalog, connection);
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_input', { fields: [{ path, message }] });
}
