import type { Scope } from '../catalog/definition/method-parts.ts';

/** A method whose scopes have the connection's fields in their places: some name the customer's own address in a scope. */
export function withFilledScopes<M extends object>(method: M, fields: Readonly<Record<string, string>>): M {
  if (!('scopes' in method)) return method;
  const filled = (name: string) =>
    name.replace(/\{([a-z][a-z0-9_]*)\}/g, (place, field: string) =>
      Object.hasOwn(fields, field) ? (fields[field] ?? '') : place,
    );
  const scopes = (method.scopes as readonly Scope[]).map((scope) => ({ ...scope, name: filled(scope.name) }));
  return { ...method, scopes };
}
