import type { AnswerRule } from '../definition/answer-rule.ts';
import type { Definition } from '../definition.ts';
import { answerJson } from './answer-json.ts';
import { holds } from './condition.ts';

/** `text` null: too long to be looked at, or not looked at. */
interface Seen {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string | null;
}

const REFUSED = new Set<AnswerRule['then']>(['rejected', 'expired', 'revoked']);

/**
 * Whether an answer to any request says that the credential was not accepted: by the integration's rules, else by its
 * status. For calls nobody here knows more about.
 */
export function saysRefused({ answers }: Pick<Definition, 'answers'>, answer: Seen): boolean {
  const { status, headers, text } = answer;
  if (text === null) return status === 401;
  const seen = { status, headers, text, json: answerJson(text) };
  const rule = answers.find((one) => holds(one.when, seen));
  return rule === undefined ? status === 401 : REFUSED.has(rule.then);
}

/** Whether the integration refuses a credential with such a status only in words, so that the body must be looked at. */
export function refusesInWords({ answers }: Pick<Definition, 'answers'>, status: number): boolean {
  if (status >= 400) return true;
  return answers.some(
    ({ when, then: means }) =>
      REFUSED.has(means) && (when.status === undefined || [when.status].flat().includes(status)),
  );
}
