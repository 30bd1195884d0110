import type { TokenOutcome } from '../../oauth/token-endpoint.ts';
import type { Minted } from '../../tokens/mint.ts';
import { documented } from '../cases/cases.ts';
import type { Answer } from '../cases/made-answer.ts';
import { tokensFor } from '../cases/meanings.ts';
import { EVERYWHERE, MADE_SECONDS, madeRefusals, outcomesFor, tokensIn } from '../cases/token-answers.ts';
import { capital } from '../problem-words.ts';
import type { SignInTrial } from './sign-in-trial.ts';

export interface TokenExample {
  title: string;
  path: readonly (string | number)[];
  example?: { expiresInSeconds?: number | null | undefined };
}

export function mintedAs(
  { method, found }: SignInTrial,
  { title, path, example }: TokenExample,
  answer: Answer,
  outcome: TokenOutcome,
): Minted | null {
  const { access, refresh } = tokensIn(method, answer);
  if (outcome.kind !== 'minted') {
    found.add(
      path,
      `${capital(title)} must bring a token; the engine says ${outcome.kind}${outcome.words ? ` (“${outcome.words}”)` : ''}. Correct the example, token_path or token_members.`,
    );
    return null;
  }
  const { minted } = outcome;
  const kept = minted.refreshToken?.reveal() ?? null;
  if (minted.accessToken.reveal() !== access)
    found.add(path, `${capital(title)}: the engine reads another access token than stands there.`);
  if (kept !== (method.refresh === 'exchange' ? access : refresh))
    found.add(path, `${capital(title)}: the engine reads another refresh token than stands there.`);
  const documentedSeconds = example === undefined ? MADE_SECONDS : example.expiresInSeconds;
  if (documentedSeconds !== undefined && minted.expiresInSeconds !== documentedSeconds)
    found.add(
      path,
      `${capital(title)} says that the token lives ${documentedSeconds ?? 'an unknown number of'} seconds; the engine reads ${minted.expiresInSeconds}.`,
    );
  return minted;
}

export async function playRefusals(
  { described, method, found, path }: SignInTrial,
  of: 'token' | 'refresh',
  ask: (answer: Answer) => Promise<TokenOutcome>,
): Promise<void> {
  const examples = documented(described, of, method.id ?? method.type).filter(
    ({ means }) => means !== 'success',
  );
  const played = [
    ...examples.map((one) => ({ ...one, wanted: tokensFor(one.means, false) })),
    ...madeRefusals(method).map((one) => ({
      ...one,
      path: [...path, ...one.path],
      wanted: outcomesFor(one.means, false),
    })),
    ...EVERYWHERE.map((one) => ({ ...one, path, wanted: ['not_now'] })),
  ];
  for (const one of played) {
    const outcome = await ask(one.answer);
    if (!one.wanted.includes(outcome.kind))
      found.add(
        one.path,
        `${capital(one.title)} of the token address (${of}) must mean ${one.means}; the engine says ${outcome.kind}. Correct token_errors or token_words, or what the example says it means.`,
      );
  }
}
