import type { CustomDefinition } from '@keyrail/contract/custom';
import type { Catalog } from '../catalog/catalog.ts';
import { OWN_PREFIX } from '../catalog/catalogs.ts';

/** What is allowed, but perhaps not meant. */
export function warningsOf(described: CustomDefinition, catalog: Pick<Catalog, 'list'>): string[] {
  const { hostname = '', protocol = '' } = URL.parse(described.base_url) ?? {};
  const twin = catalog
    .list()
    .find(({ name, slug }) => !slug.startsWith(OWN_PREFIX) && alike(name) === alike(described.name));
  return [
    ...(protocol === 'http:' && described.auth.type !== 'none'
      ? ['The address starts with http://: the credentials travel unencrypted.']
      : []),
    ...(hostname.split('.').some((label) => label.startsWith('xn--'))
      ? [`The address has letters of other scripts; its real name is ${hostname}.`]
      : []),
    ...(twin ? [`There is a ready-made ${twin.name}. This one is yours, and another.`] : []),
  ];
}

/** Names that people read as the same: letters of other scripts that look like Latin ones among them. */
function alike(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{Cf}\s._-]+/gu, '')
    .replace(/\p{L}/gu, (letter) => LOOK_ALIKES[letter] ?? letter);
}

/** Cyrillic and Greek letters that look like these in most fonts. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  а: 'a',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  һ: 'h',
  і: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  п: 'n',
  о: 'o',
  р: 'p',
  ѕ: 's',
  т: 't',
  у: 'y',
  х: 'x',
  α: 'a',
  ε: 'e',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
};
