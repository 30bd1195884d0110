import type { Placement } from '../definition/auth-definition.ts';
import type { Definition } from '../definition.ts';
import type { FileProblem, Path } from './source-file.ts';

/** A key that stands in the body needs a body: every request that such a method makes has one. */
export function checkPlacements(definition: Definition): FileProblem[] {
  return definition.auth.flatMap((method, index) => {
    const send: readonly Placement[] = ('send' in method ? method.send : undefined) ?? [];
    if (!send.some((one) => one.in === 'body')) return [];
    const requests: [Path, { method: string } | undefined][] = [
      [['auth', index, 'probe', 'request'], method.probe?.request],
      [['probe', 'request'], method.probe === undefined ? definition.probe?.request : undefined],
      [['probe', 'label_request', 'request'], definition.probe?.labelRequest?.request],
      ...definition.actions.flatMap((action, at): [Path, { method: string } | undefined][] => [
        [['actions', at, 'request'], action.request],
        [['actions', at, 'poll', 'request'], action.poll?.request],
      ]),
    ];
    return requests.flatMap(([path, request]) =>
      request?.method === 'GET'
        ? [{ path: [...path, 'method'], message: 'The key is sent in the body, and a GET has none.' }]
        : [],
    );
  });
}
