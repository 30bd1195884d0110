import { errorFromAnswer, networkError } from './api-error.ts';
import { addressOf, type ClientOptions, identityHeaders } from './request.ts';

/** As for `fetch`. Authorization, Cookie and the like are left behind: the connection's credential takes their place. */
export type ProxyInit = Omit<RequestInit, 'credentials' | 'mode' | 'redirect'>;

/** One's own requests to an integration, with the credential of a connection that this code never holds. */
export function proxyApi(options: ClientOptions) {
  return {
    /**
     * `connection`: its id, or an integration's slug for its default connection. `path`: below the integration's address, with
     * its query: `/v3/contacts?limit=10`. Answers with whatever the other side said, whatever its status, as a stream.
     * Throws an `ApiError` only where Keyrail itself could not make the call.
     */
    proxy: async (connection: string, path: string, init: ProxyInit = {}): Promise<Response> => {
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(identityHeaders(options))) headers.set(name, value);
      const rest = path === '' || path.startsWith('/') || path.startsWith('?') ? path : `/${path}`;
      const url = addressOf(options, `/v1/proxy/${encodeURIComponent(connection)}${rest}`);
      // A body that is a stream needs to be told so; where it is none, it changes nothing.
      const streaming = init.body instanceof ReadableStream ? { duplex: 'half' as const } : {};
      const call = options.fetch ?? globalThis.fetch;
      const answer = await call(url, { ...init, ...streaming, headers, redirect: 'manual' }).catch(
        (cause: unknown) => {
          if (init.signal?.aborted === true) throw cause;
          throw networkError(cause);
        },
      );
      if (answer.headers.get('keyrail-error') === null) return answer;
      if (answer.status === 401) options.onUnauthenticated?.();
      throw errorFromAnswer(answer.status, await answer.text(), answer.headers.get('retry-after'));
    },
  };
}
