import type { AuthMethod, CredentialField, Integration } from '@keyrail/contract/integrations';

const isPasted: ReadonlySet<AuthMethod['kind']> = new Set(['api_key', 'basic', 'none']);

/**
 * A key that is pasted comes first, then a sign-in that is set up already. The rest stands as in the catalog, whose file knows
 * whether people or programs mostly connect the tool.
 */
function rank(method: AuthMethod): number {
  if (isPasted.has(method.kind)) return 0;
  return method.setup?.set_up_by != null ? 1 : 2;
}

/** The easiest first; else in the order of the catalog. */
export function inOrder(methods: readonly AuthMethod[]): AuthMethod[] {
  return [...methods].sort((one, other) => rank(one) - rank(other));
}

/** The methods this server can connect by, the easiest first. */
export function methodsOf(tool: Integration): AuthMethod[] {
  return inOrder(tool.auth_methods.filter((method) => method.is_available));
}

/** The method a connection was made by; of two of one kind the very one. */
export function methodOf(tool: Integration, connection: { method: string; method_id: string }) {
  return (
    tool.auth_methods.find((method) => method.id === connection.method_id) ??
    tool.auth_methods.find((method) => method.kind === connection.method)
  );
}

/** The fields to fill for a method: first where (subdomain, region), then the secret. */
export function fieldsOf(tool: Integration, method: AuthMethod | undefined): CredentialField[] {
  return [...tool.connection_fields, ...(method?.fields ?? [])];
}

/** Of the values at hand those that are asked for here: what the tool itself told is never sent back to it. */
export function askedFor(
  tool: Integration,
  method: AuthMethod | undefined,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = new Set(fieldsOf(tool, method).map((field) => field.name));
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}

/** What a field of a connection is called; of what the tool itself told (a cloud id) there is only its name. */
export function fieldLabel(tool: Integration, name: string): string {
  const fields = [...tool.connection_fields, ...tool.auth_methods.flatMap((method) => method.fields)];
  const words = name.replaceAll('_', ' ');
  return fields.find((field) => field.name === name)?.label ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** What people call the secret of a method: "API key", "Service account key". */
export function secretName(method: AuthMethod | undefined): string {
  return method?.fields.find((field) => field.is_secret)?.label ?? method?.label ?? 'API key';
}

/** Whether the secret is a file with which programs sign in, rather than a key or a person's consent. */
export const isFileMethod = (method: AuthMethod | undefined): boolean =>
  method?.fields.some((field) => field.is_secret && field.input !== 'text') ?? false;

/** "AWS console > IAM" and "id.atlassian.com > Security" say where they are; "Settings > API" could be anywhere. */
export function namesItsPlace(location: string, toolName: string): boolean {
  const [first = ''] = location.split(' > ');
  const [brand = toolName] = toolName.split(' ');
  return /\w\.\w| (console|admin center)$/i.test(first) || first.split(' ').includes(brand);
}
