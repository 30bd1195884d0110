import type { WorkspaceId } from '@keyrail/contract/ids';
import type { FileProblem, Path } from '../catalog/checks/source-file.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { RequestTemplate } from '../catalog/definition/request-template.ts';
import type { Definition } from '../catalog/definition.ts';
import { resolveBaseUrl } from '../catalog/requests/base-url.ts';
import type { CredentialSource } from '../outbound/credential-source.ts';
import type { Bench } from './bench.ts';
import type { Answer } from './cases/made-answer.ts';
import { type Carries, templateMisfit } from './stand-in/misfits.ts';
import type { Arrived, Expected } from './stand-in/stand-in.ts';

export type Values = Readonly<Record<string, string>>;

/** One file with one of its methods, on the bench. */
export interface Trial {
  bench: Bench;
  /** With this method alone. */
  definition: Definition;
  /** What the stand-in is made from: the same file, but in its own tests. */
  described: Definition;
  method: AuthMethod;
  /** The same method there. */
  describedMethod: AuthMethod;
  /** Where the method stands in the file. */
  path: Path;
}

/** Access to a stand-in: how the engine calls with it, and what a request then carries. */
export interface Access {
  source: CredentialSource;
  /** Connection fields and what else is no secret. */
  fields: Values;
  /** Everything, with the token of methods that use one. */
  values: Values;
  carries: Carries;
  secrets: readonly string[];
}

export const WORKSPACE = 'wsp_trial' as WorkspaceId;

/** Throws nothing: what a trial finds, it says. */
export class Findings {
  readonly problems: FileProblem[] = [];
  /** Answers that were played. */
  played = 0;

  add(path: Path, message: string): void {
    const isKnown = this.problems.some((one) => one.message === message && String(one.path) === String(path));
    if (!isKnown) this.problems.push({ path: [...path], message });
  }
}

/** The base address of a request, its fields filled in; null: it cannot be made of what this method has. */
export function baseOf(
  { connectionFields }: Definition,
  template: string,
  fields: Values,
): { url: string } | { message: string } {
  const base = resolveBaseUrl({ baseUrl: template, connectionFields }, fields);
  return base.kind === 'ready' ? { url: base.url } : { message: base.message };
}

/** A request of a template that may come, with the credential on it and nowhere else. */
export function expectedRequest(
  { described }: Trial,
  access: Access,
  what: string,
  base: string,
  template: RequestTemplate,
  answer: Answer,
): Expected {
  const misfit = templateMisfit(base, template, described.defaultHeaders, access.carries);
  return { what, answer, misfit: (arrived) => misfit(arrived) ?? leak(arrived, access) };
}

function leak(arrived: Arrived, { carries, secrets }: Access): string | null {
  const url = new URL(arrived.url);
  for (const name of carries.parameters) url.searchParams.delete(name);
  const address = decodeURIComponent(`${url.pathname.slice(carries.pathPrefix.length)}${url.search}`);
  return secrets.some((secret) => secret.length > 3 && address.includes(secret))
    ? 'a secret stands in its address'
    : null;
}
