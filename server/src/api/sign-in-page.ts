import { escapeHtml } from './reference-page.ts';

/** A page that says what came of a sign-in. Every text is shown as it is; none is read as HTML. */
export interface SignInPage {
  title: string;
  message: string;
  nextStep: string | null;
  /** Where in the app it goes on; left out: at its beginning. */
  back?: string;
  /** The sign-in that is over, for the window that waits for it, on that origin alone. */
  tell?: { id: string; origin: string; closes: boolean };
  /** A sign-in that a person may go on with, by a button. */
  go?: { id: string; workspaceId: string };
}

/**
 * The whole page: no file of anybody's is loaded. Its script takes code and state out of the address bar, tells the window
 * that opened it, and closes it when there is nothing to read; a tab that cannot be closed goes back to the app. The button
 * takes a click only after the page was looked at for a moment: a page of somebody else's that asks for a double click could
 * have had this one come up under its second half.
 */
export function renderSignInPage(
  { title, message, nextStep, back, tell, go }: SignInPage,
  nonce: string,
): string {
  const facts =
    tell === undefined
      ? ''
      : ` data-id="${escapeHtml(tell.id)}" data-origin="${escapeHtml(tell.origin)}" data-closes="${tell.closes}"`;
  const button =
    go === undefined
      ? ''
      : `<p><button disabled data-go="${escapeHtml(go.id)}" data-workspace="${escapeHtml(go.workspaceId)}">Continue</button></p><p role="alert"></p>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><title>${escapeHtml(title)} · Keyrail</title><style nonce="${nonce}">${STYLE}</style></head><body${facts}><main><h1>${escapeHtml(title)}</h1><p role="status">${escapeHtml(message)}</p>${nextStep === null ? '' : `<p>${escapeHtml(nextStep)}</p>`}${button}<p><a href="${escapeHtml(back ?? '/settings/connections')}">Back to Keyrail</a></p></main><script nonce="${nonce}">${SCRIPT}</script></body></html>`;
}

const SCRIPT = `
history.replaceState(null, '', location.pathname);
const { id, origin, closes } = document.body.dataset;
if (id && window.opener && window.opener !== window) {
  try { window.opener.postMessage({ type: 'keyrail.authorization', id }, origin); } catch {}
}
const button = document.querySelector('button');
let looking;
const look = () => {
  clearTimeout(looking);
  button.disabled = true;
  if (document.visibilityState === 'visible' && document.hasFocus()) looking = setTimeout(() => { button.disabled = false; }, 600);
};
if (button) {
  for (const event of ['focus', 'blur']) window.addEventListener(event, look);
  document.addEventListener('visibilitychange', look);
  look();
}
button?.addEventListener('click', async () => {
  button.disabled = true;
  const { go, workspace } = button.dataset;
  try {
    const answer = await window.fetch('/v1/oauth/authorizations/' + go + '/start', { method: 'POST', headers: { 'keyrail-workspace': workspace } });
    const said = await answer.json();
    if (answer.ok && /^https?:/.test(said.authorization_url)) return location.assign(said.authorization_url);
    document.querySelector('[role=alert]').textContent = said.detail ?? 'This did not work. Load the page again.';
  } catch { document.querySelector('[role=alert]').textContent = 'Keyrail could not be reached. Try again.'; }
  button.disabled = false;
});
if (closes === 'true') setTimeout(() => {
  window.close();
  setTimeout(() => location.replace(document.querySelector('a').href), 200);
}, 50);
`;

const STYLE = `:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.55 system-ui,sans-serif;color:light-dark(#1f2328,#e6edf3);background:light-dark(#fff,#0d1117)}
main{max-width:34rem;padding:2rem;overflow-wrap:anywhere}h1{font-size:1.4rem;line-height:1.3;margin:0 0 .8rem}p{margin:.6rem 0}
button{font:inherit;font-weight:600;padding:.55rem 1.1rem;border:0;border-radius:6px;color:light-dark(#fff,#0d1117);background:light-dark(#0756b8,#6cb0ff);cursor:pointer}button:disabled{opacity:.6}button:focus-visible{outline:2px solid currentColor;outline-offset:3px}
a{color:light-dark(#0756b8,#6cb0ff)}a:focus-visible{outline:2px solid currentColor;outline-offset:3px;border-radius:2px}`;
