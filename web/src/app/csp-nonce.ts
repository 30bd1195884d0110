/** The nonce that the server put into index.html for this load; styles made at run time carry it. */
export function cspNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
