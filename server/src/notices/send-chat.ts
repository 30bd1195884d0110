import type { Secret } from '../lib/secret.ts';
import type { Sent } from './delivery.ts';
import type { Content } from './message.ts';
import { type PostDeps, post } from './post.ts';

/** What an incoming webhook says of itself when a person took it or its channel away: no later attempt finds it again. */
const GONE =
  /\b(no_service|no_active_hooks|no_team|team_disabled|channel_not_found|channel_is_archived|action_prohibited|invalid_token|user_not_found)\b/;
const MOST_SHOWN = 100;

/** One message to an incoming webhook (`{"text": …}`), as chat services compatible with it take it. */
export async function sendChat(
  deps: PostDeps,
  url: Secret<string>,
  contents: readonly Content[],
): Promise<Sent> {
  const workspaceId = contents[0]?.workspaceId ?? '';
  const body = JSON.stringify({ text: contents.map(textOf).join('\n\n') });
  const came = await post(
    deps,
    { workspaceId, url: url.reveal(), isSecretUrl: true, headers: {}, body },
    { text: true },
  );
  if (came.kind !== 'answered') return came;
  const { status, retryAfterSeconds } = came;
  const words = came.text.replaceAll(/\s+/g, ' ').trim();
  const answer = /^[\w .:,-]+$/.test(words) ? `${status} ${words.slice(0, MOST_SHOWN)}` : String(status);
  if (status >= 200 && status < 300) return { kind: 'delivered', answer };
  if (status === 410) return { kind: 'gone', answer };
  if ((status === 404 || status === 403) && GONE.test(words)) return { kind: 'gone', answer };
  if (status === 400) return { kind: 'refused', answer };
  return { kind: 'later', answer, retryAfterSeconds };
}

const ICONS = { needs_attention: ':warning:', expires_soon: ':hourglass:', recovered: ':white_check_mark:' };

function textOf({ kind, title, message, url, workspaceName }: Content): string {
  const icon = kind === null ? '' : `${ICONS[kind]} `;
  return `${icon}*${escaped(title)}*\n${escaped(message)}\n<${url}|Open Keyrail> · ${escaped(workspaceName)}`;
}

/**
 * The three characters that make a text more than text: mentions of everybody (`<!channel>`), links under other names. What
 * would only change its look is taken out of the way with a zero-width space.
 */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/([*_~`])/g, '\u200b$1')
    .replaceAll(/[\r\n]+/g, ' ');
}
