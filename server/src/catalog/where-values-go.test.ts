import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { catalogFolder } from './built-in.ts';
import type { ConnectionField } from './definition/field-definition.ts';
import type { Definition } from './definition.ts';
import { readDefinition } from './files/read-definition.ts';
import { placesIn, quotedBy } from './requests/template.ts';

const files = readdirSync(catalogFolder).filter((name) => /\.ya?ml$/.test(name));

/** Whoever enters a credential says where it goes: people host these themselves. */
const SELF_HOSTED = [
  'github api_url',
  'gitlab host',
  'posthog host',
  'sentry host',
  'woocommerce store_url',
  'wordpress site_url',
];
/** Nobody documents what their hosts end in; they are entered with the key, and never told by an answer. */
const UNDOCUMENTED = ['activecampaign account_url'];

/** Every address of a file that a request with a secret may go to. */
function addressesIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (/^(docsUrl|registerUrl|removeUrl|keyHelp|examples|sources)$/.test(name)) return [];
    if (typeof inner !== 'string') return addressesIn(inner);
    return /^url$|Url$/.test(name) ? [inner] : [];
  });
}

/** "https://{shop}.myshopify.com": up to where the path begins. */
const hostOf = (address: string) => /^(?:[a-z]+:\/\/)?[^/?#]*/.exec(address)?.[0] ?? '';

function isBound(field: ConnectionField, hosts: readonly string[]): boolean {
  if (field.choices !== undefined) return true;
  // A label, or part of one, below a domain that the file names.
  const isBelow = hosts.every((host) => /\}(\.[a-z0-9-]+){2,}$/.test(host));
  return field.kind === 'text' ? isBelow : (field.hostSuffixes?.length ?? 0) > 0;
}

function unbound(definition: Definition): ConnectionField[] {
  const hosts = addressesIn(definition).map(hostOf);
  return definition.connectionFields.filter((field) => {
    const own = hosts.filter((host) => placesIn(host).includes(field.name));
    return own.length > 0 && !isBound(field, own);
  });
}

describe('what is entered, or told by an answer, as part of an address', () => {
  const all = files.flatMap((name) => {
    const { definition } = readDefinition(name, readFileSync(join(catalogFolder, name), 'utf8'));
    return definition === null ? [] : unbound(definition).map((field) => ({ slug: definition.slug, field }));
  });

  test('leads to hosts of the provider alone, but for what people host themselves', () => {
    const names = all.map(({ slug, field }) => `${slug} ${field.name}`);
    expect(names.sort()).toEqual([...SELF_HOSTED, ...UNDOCUMENTED].sort());
  });

  test('leads nowhere else by an answer: of a token address, of a list of accounts, or in a callback', () => {
    expect(all.filter(({ field }) => field.filledFrom !== undefined)).toEqual([]);
  });

  test('is looked at: a file that takes any host from an answer is found', () => {
    const text = readFileSync(join(catalogFolder, 'pipedrive.yaml'), 'utf8');
    const without = text.replace(/\n +host_suffixes: .*/, '');
    const { definition } = readDefinition('pipedrive.yaml', without);
    if (definition === null) throw new Error('not read');
    expect(unbound(definition).map(({ name }) => name)).toEqual(['api_domain']);
  });
});

/** Ids of a fixed form, from answers: no language reads them. */
const NO_LANGUAGE = ['linkedin urn:li:person:{member_id}'];

/** Texts of a request in which a value stands beside other words: filters, queries, formulas. */
function mixedTexts(value: unknown): string[] {
  if (typeof value === 'string')
    return placesIn(value).length > 0 && !/^\{[a-z][a-z0-9_]*\}$/.test(value) ? [value] : [];
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(mixedTexts);
}

test('what a row gives stands between quotation marks wherever a language of the provider reads it, and cannot end them', () => {
  const open = files.flatMap((name) => {
    const { definition } = readDefinition(name, readFileSync(join(catalogFolder, name), 'utf8'));
    if (definition === null) return [];
    const requests = definition.actions.flatMap(({ request, poll }) => [request, poll?.request ?? request]);
    return requests.flatMap(({ query, body, form, graphql, quotes }) =>
      mixedTexts([query, body, form, graphql?.variables])
        .filter((text) =>
          [...text.matchAll(/\{[a-z][a-z0-9_]*\}/g)].some(
            ({ index }) => quotes === undefined || quotedBy(text, index) === null,
          ),
        )
        .map((text) => `${definition.slug} ${text}`),
    );
  });
  expect([...new Set(open)]).toEqual(NO_LANGUAGE);
});
