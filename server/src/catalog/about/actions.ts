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
      `Takes a connection by ${labels.map(({ label, type }) => `“${label ?? type}”`).join(' or ')}.`,
    costWords(cost),
    action.noResult.length > 0 && `Where ${name} finds nothing, the cell says “No result”.`,
    poll !== undefined &&
      `${name} takes it as a job, and is asked every ${durationWords(poll.everySeconds)} whether it is done, for up to ${durationWords(poll.giveUpSeconds)}.`,
    askAgain !== undefined &&
      `Where ${name} needs longer, it is asked again every ${durationWords(askAgain.everySeconds)}, for up to ${durationWords(askAgain.giveUpSeconds)}.`,
    bulk !== undefined &&
      `${name} takes up to ${plainNumber(bulk.maxRows)} in one call; a column sends each row by itself, so that each has its own answer.`,
    scopes.length > 0 && `A sign-in must allow ${scopes.join(', ')}.`,
    action.repeatable
      ? 'A call whose answer was lost is sent again by itself.'
      : 'Never sent twice by itself: where an answer was lost, the cell says that it may have happened.',
  ].filter((line) => line !== false && line !== null);
}

function costWords(cost: Action['cost']): string | null {
  if (cost === undefined) return null;
  const { credits, note } = cost;
  const about =
    credits === undefined
      ? ''
      : credits === 0
        ? 'Costs no credits.'
        : `Costs about ${plainNumber(credits)} ${credits === 1 ? 'credit' : 'credits'} a row.`;
  return [about, note].filter(Boolean).join(' ') || null;
}
