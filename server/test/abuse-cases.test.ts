import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** docs/abuse-cases.md names tests by file and title: each is there, or the page says something that nothing proves. */
const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

const rows = read('docs/abuse-cases.md')
  .split('\n')
  .filter((line) => /^\| [A-Z]\d\d /.test(line))
  .map((line) => line.slice(2, -2).split(' | '));

test('every case has what holds, and tests that are there by that name', () => {
  expect(rows.length).toBeGreaterThan(90);
  const missing = rows.flatMap(([name = '', holds = '', proven = '']) => {
    expect(holds, name).not.toBe('');
    return proven.split(/; (?=`)/).flatMap((reference) => {
      const [, file = '', titles = ''] = /^`([\w/.-]+)`: (.+)$/.exec(reference) ?? [];
      const path = `${file}.test.ts`;
      if (!existsSync(new URL(path, root))) return [`${name}: ${reference}`];
      const text = read(path).replaceAll("\\'", "'");
      return unnamed(titles, text).map((title) => `${name}: ${path}: ${title}`);
    });
  });
  expect(missing).toEqual([]);
});

/** Titles stand one after the other, divided by `; `, which may stand in a title, too. */
function unnamed(titles: string, text: string): string[] {
  const parts = titles.split('; ');
  const missing: string[] = [];
  while (parts.length > 0) {
    const most = parts.map((_, at) => at + 1).reverse();
    const known = most.find((count) => text.includes(parts.slice(0, count).join('; ')));
    if (known === undefined) missing.push(parts[0] ?? '');
    parts.splice(0, known ?? 1);
  }
  return missing;
}
