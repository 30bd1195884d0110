import type { Action } from '../definition/action-definition.ts';
import type { RequestTemplate } from '../definition/request-template.ts';
import type { Definition } from '../definition.ts';
import { durationWords, plainNumber } from './durations.ts';

/** "GET /email-finder", below the address of the integration; with its host where the action has another. */
export function requestWords(
  { method, path, graphql }: RequestTemplate,
  baseUrl: string | undefined,
): string {
  const at = `${(baseUrl ?? '').replace(/\/+$/, '')}${path}`;
  return `${method} ${at === '' ? '/' : at}${graphql === undefined ? '' : ' (GraphQL)'}`;
}

/** What an action does beside its outputs, a sentence each. */
export function actionFacts(action: Action, { name, auth }: Pick<Definition, 'name' | 'auth'>): string[] {
  const { cost, askAgain, poll, bulk, scopes, methods } = action;
  const labels = auth.filter((method) => methods?.includes(method.id ?? method.type));
  return [
    labels.length > 0 &&
      `Needs a connection made by ${labels.map(({ label, type }) => `“${label ?? type}”`).join(' or ')}.`,
    costWords(cost),
    action.noResult.length > 0 && `Where ${name} finds nothing, the cell says “No result”.`,
    action.only !== undefined &&
      `${name} also finds what is merely alike; only what is exactly as asked is taken.`,
    poll !== undefined &&
      `${name} takes its time: it is asked every ${durationWords(poll.everySeconds)} whether the answer is ready, for up to ${durationWords(poll.giveUpSeconds)}.`,
    askAgain !== undefined &&
      `Where ${name} needs longer, it is asked again every ${durationWords(askAgain.everySeconds)}, for up to ${durationWords(askAgain.giveUpSeconds)}.`,
    bulk !== undefined &&
      `${name} takes up to ${plainNumber(bulk.maxRows)} in one call; a column sends each row by itself, so that each has its own answer.`,
    scopes.length > 0 &&
      `Whoever signs in must allow: ${scopes.map((scope) => scopeWords(scope, auth)).join('; ')}.`,
    action.repeatable
      ? 'Where an answer was lost on the way, Keyrail asks again by itself.'
      : 'Never sent twice by itself: where an answer was lost on the way, the cell says that it may have happened.',
  ].filter((line) => line !== false && line !== null);
}

function costWords(cost: Action['cost']): string | null {
  if (cost === undefined) return null;
  const { credits, note } = cost;
  if (credits === 0) return note ?? 'Costs no credits.';
  const about =
    credits === undefined
      ? ''
      : `Costs about ${plainNumber(credits)} ${credits === 1 ? 'credit' : 'credits'} a row.`;
  return [about, note].filter(Boolean).join(' ') || null;
}

/** What a permission allows, in the words of the sign-in that asks for it; else its name. */
function scopeWords(scope: string, auth: Definition['auth']): string {
  const asked = auth.flatMap((method) => (method.type === 'oauth2' ? method.scopes : []));
  return asked.find(({ name }) => name === scope)?.description ?? scope;
}
