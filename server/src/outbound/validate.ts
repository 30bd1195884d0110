import { headerNameProblem, headerValueProblem } from './headers.ts';
import { isSendableMethod, type OutboundRequest } from './request.ts';

/**
 * Why this request cannot be sent as it stands; null where it can. Checked here because the HTTP clients we know
 * throw late or, worse, trim. The sentence names a header, never its value.
 */
export function requestProblem(request: OutboundRequest): string | null {
  if (!isSendableMethod(request.method)) return 'The method is not one that Keyrail sends.';
  for (const [name, value] of Object.entries(request.headers)) {
    const nameProblem = headerNameProblem(name);
    if (nameProblem) return `The header name ${JSON.stringify(name.slice(0, 80))} ${nameProblem}.`;
    const valueProblem = headerValueProblem(value);
    if (valueProblem) return `The header ${name} ${valueProblem}.`;
  }
  if (request.body !== undefined && (request.method === 'GET' || request.method === 'HEAD')) {
    return `A ${request.method} request has no body.`;
  }
  return null;
}
