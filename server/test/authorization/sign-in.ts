/** Which answer the person gives on the page. */
export interface SignIn {
  account?: string;
  answer?: 'allow' | 'deny';
  /** Scopes that are asked for and not granted. */
  without?: readonly string[];
}

const MOST_STEPS = 10;

/**
 * Goes the way a browser goes, without one: from the authorization address over the sign-in page to the address it is sent
 * back to, which is not opened but returned (with `code` or `error`, `state`, `iss`). Throws where it ends elsewhere.
 */
export async function signInAt(origin: string, authorizationUrl: string, given: SignIn): Promise<URL> {
  const cookies = new Map<string, string>();
  let next: { url: string; form: URLSearchParams | null } = { url: authorizationUrl, form: null };
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const response = await fetch(next.url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(next.form === null ? {} : { method: 'POST', body: next.form }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    const text = await response.text();
    if (location !== null) {
      const target = new URL(location, next.url);
      if (target.origin !== origin) return target;
      next = { url: target.href, form: null };
    } else if (response.ok && new URL(next.url).pathname.startsWith('/interaction/')) {
      next = { url: next.url, form: formOf(given) };
    } else {
      throw new Error(`the sign-in ended at ${next.url} with ${response.status}: ${text.slice(0, 2_000)}`);
    }
  }
  throw new Error('the sign-in goes in circles');
}

function formOf({ account = 'ada@example.test', answer = 'allow', without = [] }: SignIn): URLSearchParams {
  return new URLSearchParams([
    ['account', account],
    ['answer', answer],
    ...without.map((scope): [string, string] => ['without', scope]),
  ]);
}
