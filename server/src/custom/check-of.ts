import type { CustomCheck } from '@keyrail/contract/custom';

const SUCCESSES = [200, 201, 202, 203, 204, 205, 206];

/** The probe of a catalog file, from the check request that was described. First rule that fits wins. */
export function probeOf(check: CustomCheck): Record<string, unknown> {
  const ok = check.ok_status.length > 0 ? check.ok_status : SUCCESSES;
  const others = SUCCESSES.filter((status) => !ok.includes(status));
  const isRead = check.ok_path !== null || check.account_path !== null;
  return {
    request: {
      method: check.method,
      path: check.path,
      query: check.query,
      ...(check.body !== null && { body: check.body }),
      expect: isRead ? 'json' : 'any',
    },
    account: check.account_path === null ? {} : { label: check.account_path },
    answers: [
      ...(check.rejected_status.length > 0 ? [rule({ status: check.rejected_status }, 'rejected')] : []),
      ...okRules(check, ok),
      ...(others.length > 0 ? [rule({ status: others }, 'provider_error')] : []),
    ],
  };
}

function okRules({ ok_path: path, ok_equals: equals }: CustomCheck, ok: readonly number[]): object[] {
  if (path === null) return [rule({ status: ok }, 'success')];
  const body = equals === null ? { path, empty: false } : { path, in: readings(equals) };
  const wanted = equals === null ? 'nothing' : `something else than “${equals.slice(0, 60)}”`;
  return [
    rule({ status: ok, body }, 'success'),
    rule({ status: ok }, 'rejected', `The answer has ${wanted} at “${path}”.`),
  ];
}

function rule(when: object, meaning: string, say?: string): object {
  // biome-ignore lint/suspicious/noThenProperty: a word of the file format; nobody awaits a rule.
  return { when, then: meaning, ...(say !== undefined && { say }) };
}

/** `true` is entered as a text and meant as what JSON has there. */
function readings(text: string): unknown[] {
  const word = text.trim();
  const plain = word === 'true' || word === 'false' || /^-?\d{1,15}(\.\d{1,10})?$/.test(word);
  return plain ? [text, JSON.parse(word)] : [text];
}
