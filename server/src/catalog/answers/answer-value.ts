import type { Definition } from '../definition.ts';
import { answerJson } from './answer-json.ts';
import { answerXml } from './answer-xml.ts';

/** What stands in an answer: its JSON, or its XML as JSON where the file says that answers are XML. undefined: neither. */
export function answerValue({ xmlAnswers }: Pick<Definition, 'xmlAnswers'>, text: string): unknown {
  const json = answerJson(text);
  return json === undefined && xmlAnswers !== undefined ? answerXml(text, xmlAnswers.lists) : json;
}
