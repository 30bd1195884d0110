import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Definition } from './definition.ts';

type WithIcon = Pick<Definition, 'icon'>;

interface Mark {
  svg: string;
  /** Changes with the picture, so that an address with it in can be kept for ever. */
  edition: string;
}

const { resolve } = createRequire(import.meta.url);
/** Found once: to resolve each name takes ten times as long as to read its file. */
let folder: string | null = null;
const kept = new Map<string, Mark | null>();

/** The brand's mark as an SVG in its colour; null where simple-icons has none. Each is read once, when first shown. */
export function iconSvg({ icon }: WithIcon): string | null {
  const mark = icon.simple === undefined ? null : markOf(icon.simple);
  return mark === null ? null : filled(mark, icon.color);
}

/** What the mark is called among the files of `iconOfFile`; null where there is none. */
export function iconFile({ icon }: WithIcon): string | null {
  const mark = icon.simple === undefined ? null : markOf(icon.simple);
  return mark === null
    ? null
    : `${icon.simple}-${inkFor(icon.color).slice(1).toLowerCase()}-${mark.edition}.svg`;
}

/** Drawn by its name alone: whatever integration it is of. `isCurrent`: the picture is the one the name was made for. */
export function iconOfFile(file: string): { svg: string; isCurrent: boolean } | null {
  const [, name, color, edition] = /^([a-z0-9]{1,60})-([0-9a-f]{6})-([0-9a-f]{8})\.svg$/.exec(file) ?? [];
  const mark = name === undefined ? null : markOf(name);
  return mark === null ? null : { svg: filled(mark, `#${color}`), isCurrent: mark.edition === edition };
}

function filled({ svg }: Mark, color: string): string {
  return svg.replace('<svg ', `<svg fill="${color}" `);
}

function markOf(name: string): Mark | null {
  let mark = kept.get(name);
  if (mark === undefined) {
    mark = readMark(name);
    // Names of files that are not there come from outside, too: only what is there is kept.
    if (mark !== null) kept.set(name, mark);
  }
  return mark;
}

function readMark(name: string): Mark | null {
  try {
    folder ??= dirname(resolve('simple-icons/icons/simpleicons.svg'));
    const svg = readFileSync(join(folder, `${name}.svg`), 'utf8');
    return { svg, edition: createHash('sha256').update(svg).digest('hex').slice(0, 8) };
  } catch {
    return null;
  }
}

const INK = '#1A1B20';
const FAINTEST_CONTRAST = 1.9;

/** Marks stand on white: one in yellow or mint would hardly be seen there, and is drawn in ink, as such brands do themselves. */
function inkFor(color: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (luminance + 0.05) < FAINTEST_CONTRAST ? INK : color;
}
