import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';

/** One page on which a person says who they are, and allows or refuses what is asked for. */
export async function interaction(
  provider: Provider,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const details = await provider.interactionDetails(incoming, response);
  if (incoming.method !== 'POST') {
    const scopes = String(details.params.scope ?? '');
    response.setHeader('content-type', 'text/html; charset=utf-8');
    return void response.end(page(String(details.params.client_id), scopes, details.session?.accountId));
  }
  const form = new URLSearchParams(await textOf(incoming));
  const accountId = details.session?.accountId ?? form.get('account') ?? '';
  if (form.get('answer') !== 'allow' || accountId === '') {
    const refusal = { error: 'access_denied', error_description: 'The user did not allow it.' };
    return provider.interactionFinished(incoming, response, refusal);
  }
  const grant = new provider.Grant({ accountId, clientId: String(details.params.client_id) });
  const refused = new Set(form.getAll('without'));
  const asked = String(details.params.scope ?? '').split(' ');
  grant.addOIDCScope(asked.filter((scope) => !refused.has(scope)).join(' '));
  grant.rejectOIDCScope([...refused].join(' '));
  const grantId = await grant.save();
  await provider.interactionFinished(incoming, response, { login: { accountId }, consent: { grantId } });
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function page(client: string, scopes: string, account: string | undefined): string {
  return `<!doctype html><html lang="en"><title>Sign in</title><main><h1>Sign in</h1>
<p>${escaped(client)} asks for: ${escaped(scopes)}</p>
<form method="post"><label>Account <input name="account" value="${escaped(account ?? '')}" required></label>
<button name="answer" value="allow">Allow</button>
<button name="answer" value="deny" formnovalidate>Cancel</button></form></main></html>`;
}

async function textOf(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
