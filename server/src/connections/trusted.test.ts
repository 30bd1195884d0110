import { describe, expect, it } from 'vitest';
import { catalogFolder } from '../catalog/built-in.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { readDefinition } from '../catalog/files/read-definition.ts';
import { loadCatalog } from '../catalog/load.ts';
import { AUTHORITY } from '../catalog/requests/base-url.ts';
import { placesIn } from '../catalog/requests/template.ts';
import { believing, trustedBy } from './trusted.ts';

const FIELDS = `
connection_fields:
  - { name: host, label: Host, kind: host }
  - { name: authority, label: Authority, kind: authority, required: false }`;

function read(more: string): { definition: Definition; method: AuthMethod | undefined } {
  const { definition, problems } = readDefinition(
    'trial.yaml',
    `slug: trial
name: Trial
category: Test
description: A tool for tests.
homepage: https://trial.example
docs_url: https://trial.example/docs
icon: { text: T, color: "#123456" }
sources: [{ at: a test, for: [auth] }]
checked: 2026-11-21${FIELDS}
${more}`,
  );
  if (definition === null) throw new Error(JSON.stringify(problems));
  return { definition, method: definition.auth[0] };
}

const byTokens = (tokenUrl: string) => `
auth:
  - type: oauth2_client_credentials
    token_url: ${tokenUrl}
    fields: [{ name: client_id, label: Id, secret: false }, { name: client_secret, label: Secret }]`;
const entered = { host: 'git.company.example', authority: 'PEM' };

describe('an authority that was entered', () => {
  it('vouches for hosts that were entered, never for one that a file names', () => {
    const own = read(`base_url: https://{host}/api${byTokens('https://{host}/token')}`);
    expect(trustedBy(own.definition, own.method, entered)).toEqual({
      authorities: 'PEM',
      hosts: ['git.company.example'],
    });
    const shared = read(`base_url: https://{host}/api${byTokens('https://login.example/{host}/token')}`);
    expect(trustedBy(shared.definition, shared.method, entered)?.hosts).toEqual(['git.company.example']);
    const fixed = read(`base_url: https://api.example/{host}${byTokens('https://login.example/token')}`);
    expect(trustedBy(fixed.definition, fixed.method, entered)?.hosts).toEqual([]);
  });

  it('is of no use without one, nor where the host may not stand there', () => {
    const { definition, method } = read(`base_url: https://{host}/api${byTokens('https://{host}/token')}`);
    expect(trustedBy(definition, method, { host: 'git.company.example' })).toBeUndefined();
    expect(trustedBy(definition, method, { ...entered, host: 'evil.example/@git' })?.hosts).toEqual([]);
  });

  it('goes with every call of those that are made believing it, and with no other', async () => {
    const calls: unknown[] = [];
    const outbound = { call: async (call: object) => void calls.push(call) } as never;
    const trusted = { authorities: 'PEM', hosts: ['git.company.example'] };
    await (believing(outbound, trusted) as { call(call: object): Promise<void> }).call({ url: 'a' });
    expect(believing(outbound, undefined)).toBe(outbound);
    expect(calls).toEqual([{ url: 'a', trusted }]);
  });

  it('can be entered for every tool of the catalog that people have on hosts of their own', async () => {
    const catalog = await loadCatalog({ builtIn: catalogFolder });
    const definitions = catalog.list().flatMap(({ slug }) => catalog.get(slug) ?? []);
    const onOwnHosts = definitions.filter(({ connectionFields, baseUrl, auth }) =>
      connectionFields.some(
        ({ name, kind, hostSuffixes, choices, filledFrom }) =>
          (kind === 'host' || kind === 'url') &&
          placesIn([baseUrl, ...auth.map((method) => method.baseUrl)]).includes(name) &&
          hostSuffixes === undefined &&
          choices === undefined &&
          filledFrom === undefined,
      ),
    );
    expect(onOwnHosts.length).toBeGreaterThan(0);
    const without = onOwnHosts.filter((one) => one.connectionFields.every(({ name }) => name !== AUTHORITY));
    // Its hosts are its own, but it promises no names of them.
    expect(without.map(({ slug }) => slug)).toEqual(['activecampaign']);
  });
});
