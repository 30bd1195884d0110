import type { Reply } from '../request.ts';

/** The provider's page: who signs in, what is asked for, Allow and Deny. */
export function signInPage(name: string, scopes: readonly string[]): Reply {
  const list = scopes.map((scope) => `<li><code>${escaped(scope)}</code></li>`).join('');
  const wishes = list === '' ? '<p>It asks for access.</p>' : `<p>It asks for:</p><ul>${list}</ul>`;
  return page(
    200,
    `Sign in to ${name}`,
    `<p>Keyrail would like to reach your ${escaped(name)} account. This page belongs to the sandbox: no password is asked for.</p>
${wishes}<form method="post"><p><label>Email <input name="account" type="email" required value="anna@example.com" autocomplete="off"></label></p>
<p><button name="answer" value="allow">Allow</button> <button name="answer" value="deny" formnovalidate>Deny</button></p></form>`,
  );
}

/** What cannot be sent back to whoever asked is told here (RFC 6749 §4.1.2.1). */
export function refusedPage(name: string, problem: string): Reply {
  return page(400, `${name} cannot do this`, `<p>${escaped(problem)}</p>`);
}

function page(status: number, title: string, content: string): Reply {
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><style>body{font:16px/1.5 system-ui;max-width:26rem;margin:3rem auto;padding:0 1rem}
button{font:inherit;padding:.4rem 1rem}input{font:inherit;padding:.3rem;width:100%;box-sizing:border-box}</style></head><body>
<h1>${escaped(title)}</h1>${content}</body></html>`;
  return {
    status,
    body,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
