import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Definition } from './definition.ts';

const { resolve } = createRequire(import.meta.url);
const kept = new Map<string, string | null>();

/** The brand's mark as an SVG in its colour; null where simple-icons has none. Each is read once, when first shown. */
export function iconSvg({ icon }: Pick<Definition, 'icon'>): string | null {
  if (icon.simple === undefined) return null;
  if (!kept.has(icon.simple)) kept.set(icon.simple, readMark(icon.simple));
  return kept.get(icon.simple)?.replace('<svg ', `<svg fill="${icon.color}" `) ?? null;
}

function readMark(name: string): string | null {
  try {
    return readFileSync(resolve(`simple-icons/icons/${name}.svg`), 'utf8');
  } catch {
    return null;
  }
}
