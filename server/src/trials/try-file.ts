import type { FileProblem } from '../catalog/checks/source-file.ts';
import type { Action } from '../catalog/definition/action-definition.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { probeOf } from '../connections/probe.ts';
import type { Bench } from './bench.ts';
import { actionAsked, checkAsked, ruleCases } from './cases/cases.ts';
import { type MadeUpOutcome, type MakeCertificate, madeUpFor } from './entered.ts';
import { addressProblem, enteredAccess } from './play/entered-access.ts';
import { playActions } from './play/play-actions.ts';
import { playChecks } from './play/play-check.ts';
import { playSignIn } from './play/play-sign-in.ts';
import { type Access, Findings, type Trial } from './trial.ts';

export interface Tried {
  problems: FileProblem[];
  /** Answers that were played. */
  played: number;
  /** What was left out, and why: no fault of the file. */
  notTried: string[];
}

export interface TryOptions {
  makeCertificate?: MakeCertificate;
  /** What the stand-in is made from, where that is another file: for tests of the stand-in itself. */
  described?: Definition;
}

/** Plays everything a file says through the engine: every method to its access, every answer to its meaning. */
export async function tryFile(
  bench: Bench,
  definition: Definition,
  options: TryOptions = {},
): Promise<Tried> {
  if (effortOf(definition) > MOST_EFFORT) {
    const notTried = ['its answers: there are more rules and requests than are tried'];
    return { problems: [], played: 0, notTried };
  }
  const found = new Findings();
  const notTried: string[] = [];
  const played = new Set<string>();
  for (const [index, method] of definition.auth.entries()) {
    const made = madeUpFor(definition, method, options.makeCertificate ?? null);
    if (made.kind === 'not_tried') {
      notTried.push(`${method.label ?? method.type}: ${made.why}`);
      continue;
    }
    const trial = trialOf(bench, definition, index, method, options.described ?? definition);
    const access = await accessOf(trial, made, found);
    if (access === null) continue;
    await playChecks(trial, access, found);
    // With the first method they can be used with; what they are answered does not depend on it.
    const open = definition.actions.filter((action) => !played.has(action.name) && isFor(action, method));
    await playActions(trial, access, found, open);
    for (const { name } of open) played.add(name);
  }
  shadowedRules(definition, found);
  return { problems: found.problems, played: found.played, notTried };
}

function trialOf(
  bench: Bench,
  definition: Definition,
  index: number,
  method: AuthMethod,
  described: Definition,
): Trial {
  return {
    bench,
    definition: { ...definition, auth: [method] },
    described,
    method,
    describedMethod: described.auth[index] ?? method,
    path: ['auth', index],
  };
}

/** Null: the method gives none, and the findings say why. */
async function accessOf(
  trial: Trial,
  made: Exclude<MadeUpOutcome, { kind: 'not_tried' }>,
  found: Findings,
): Promise<Access | null> {
  const { method, path } = trial;
  if (made.kind === 'unknown') {
    const message = `Nothing could be made up for the field ${made.field}. Give it an example that fits.`;
    found.add(made.of === 'method' ? [...path, 'fields'] : ['connection_fields'], message);
    return null;
  }
  const access =
    method.type === 'oauth2'
      ? await playSignIn({ ...trial, method }, made, found)
      : await enteredAccess(trial, made, found);
  const unreachable = access === null ? null : addressProblem(trial, access.fields);
  if (unreachable === null) return access;
  found.add(path, `With this method the address cannot be made: ${unreachable}`);
  return null;
}

/** Forty times that of the largest file that comes along; it is through in seconds. */
const MOST_EFFORT = 2_000_000;

/** Each rule is tried on what is made for each other one, for each request that it counts for. */
function effortOf({ auth, probe, actions, answers, examples }: Definition): number {
  const probes = [probe, ...auth.map((method) => method.probe)].filter((one) => one !== undefined);
  const ownRules = [...probes, ...actions].map((one) => one.answers.length);
  const rules = ownRules.map((own) => (own + answers.length + examples.length + 20) ** 2);
  return auth.length * rules.reduce((sum, one) => sum + one, 0);
}

export function isFor({ methods }: Action, { id, type }: AuthMethod): boolean {
  return methods === undefined || methods.includes(id ?? type) || methods.includes(type);
}

/** A rule that no answer gets to, because those before it take all that fits it. */
function shadowedRules(definition: Definition, found: Findings): void {
  const probes = definition.auth.flatMap((method, index) => {
    const probe = probeOf(definition, method);
    const path = method.probe === undefined ? ['probe'] : ['auth', index, 'probe'];
    return probe === null ? [] : [checkAsked(probe, path)];
  });
  const all = [...probes, ...definition.actions.map(actionAsked)].flatMap((asked) =>
    ruleCases(definition, asked, []),
  );
  const byPlace = Map.groupBy(all, ({ path }) => path.join('.'));
  for (const [, same] of byPlace) {
    const [first] = same;
    if (first === undefined || same.some((one) => one.case !== null || !one.isMade)) continue;
    found.add(
      first.path,
      `No answer gets to this rule: a rule before it takes every one that fits. Put it first, or remove it.`,
    );
  }
}
