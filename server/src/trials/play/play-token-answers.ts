import type { Path } from '../../catalog/checks/source-file.ts';
import type { TokenOutcome } from '../../oauth/token-endpoint.ts';
import type { Minted } from '../../tokens/mint.ts';
import type { Answer } from '../cases/made-answer.ts';
import { MADE_SECONDS, tokenRefusals, tokensIn } from '../cases/token-answers.ts';
import { capital } from '../problem-words.ts';

import type { SignInTrial } from './sign-in-trial.ts';

interface TokenExample {
  title: string;
  path: Path;
  example?: { expiresInSeconds?: number | null | undefined };
}

/** What the engine made of a success; null: nothing, and that was said. */
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

/** Every failing answer of a token endpoint. */
export async function playRefusals(
  trial: SignInTrial,
  of: 'token' | 'refresh',
  ask: (answer: Answer) => Promise<TokenOutcome>,
): Promise<void> {
  for (const one of tokenRefusals(trial, trial.method, of, false)) {
    const outcome = await ask(one.answer);
    if (!one.wanted.includes(outcome.kind))
      trial.found.add(
        one.path,
        `${capital(one.title)} of the token address (${of}) must mean ${one.means}; the engine says ${outcome.kind}. Correct token_errors or token_words, or what the example says it means.`,
      );
  }
}
