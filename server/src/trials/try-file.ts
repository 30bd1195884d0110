import type { FileProblem } from '../catalog/checks/source-file.ts';
import type { Action } from '../catalog/definition/action-definition.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { probeOf } from '../connections/probe.ts';
import type { Bench } from './bench.ts';
import { actionAsked, checkAsked, ruleCases } from './cases/cases.ts';
import { type MadeUp, type MakeCertificate, madeUpFor } from './entered.ts';
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
  const found = new Findings();
  const notTried: string[] = [];
  const played = new Set<string>();
  if (effortOf(definition) > MOST_EFFORT)
    return {
      problems: [],
      played: 0,
      notTried: ['its answers: there are more rules and requests than are tried'],
    };
  for (const [index, method] of definition.auth.entries()) {
    const described = options.described ?? definition;
    const trial: Trial = {
      bench,
      definition: { ...definition, auth: [method] },
      described,
      method,
      describedMethod: described.auth[index] ?? method,
      path: ['auth', index],
    };
    const madeUp = madeUpFor(definition, method, options.makeCertificate ?? null);
    if (madeUp.kind === 'not_tried') {
      notTried.push(`${method.label ?? method.type}: ${madeUp.why}`);
      continue;
    }
    if (madeUp.kind === 'unknown') {
      const path = madeUp.of === 'method' ? [...trial.path, 'fields'] : ['connection_fields'];
      found.add(
        path,
        `Nothing could be made up for the field ${madeUp.field}. Give it an example that fits.`,
      );
      continue;
    }
    const access = await accessOf(trial, method, madeUp, found);
    if (access === null) continue;
    const unreachable = addressProblem(trial, access.fields);
    if (unreachable !== null) {
      found.add(trial.path, `With this method the address cannot be made: ${unreachable}`);
      continue;
    }
    await playChecks(trial, access, found);
    // With the first method they can be used with; what they are answered does not depend on it.
    const open = definition.actions.filter((action) => !played.has(action.name) && isFor(action, method));
    await playActions(trial, access, found, open);
    for (const { name } of open) played.add(name);
  }
  shadowedRules(definition, found);
  return { problems: found.problems, played: found.played, notTried };
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

async function accessOf(
  trial: Trial,
  method: AuthMethod,
  madeUp: MadeUp,
  found: Findings,
): Promise<Access | null> {
  if (method.type === 'oauth2') return playSignIn({ ...trial, method }, madeUp, found);
  return enteredAccess(trial, madeUp, found);
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
