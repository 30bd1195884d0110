import { OWN_PREFIX } from '../catalog/catalogs.ts';

const LONGEST = 50;

/** "Acme CRM" → `custom-acme-crm`, `custom-acme-crm-2`, …: the first that is free. Nothing ready-made begins so. */
export function freeSlug(name: string, taken: ReadonlySet<string>): string {
  const base = OWN_PREFIX + (plain(name) || 'app');
  for (let number = 1; ; number += 1) {
    const slug = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(slug)) return slug;
  }
}

function plain(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST - OWN_PREFIX.length)
    .replace(/^-+|-+$/g, '');
}
