import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
const rows = read('seeds.md')
  .split('\n')
  .filter((line) => /^\| (?!Sentence\b)/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));

/** "`file`: Title; Another title of it; `other`: Title" → each title with its file. */
function references(cell: string): { file: string; title: string }[] {
  let file = '';
  return cell.split('; ').map((part) => {
    const [, named, title = part] = /^`([\w-]+)`(?:: (.*))?$/.exec(part) ?? [];
    if (named !== undefined) file = named;
    return { file, title: named !== undefined && part.endsWith('`') ? '' : title };
  });
}

test('every sentence of the three documents has a place and a test', () => {
  expect(rows.length).toBeGreaterThan(45);
  for (const [sentence, place, tests] of rows) {
    expect(sentence).toBeTruthy();
    expect(place, sentence).toBeTruthy();
    for (const { file } of references(tests ?? ''))
      expect(existsSync(new URL(`./${file}.test.ts`, import.meta.url)), `${sentence}: ${file}`).toBe(true);
  }
});

test('every test the table names is there', () => {
  const missing = rows
    .flatMap(([, , tests]) => references(tests ?? ''))
    .filter(({ file, title }) => !read(`${file}.test.ts`).replaceAll("\\'", "'").includes(title));
  expect(missing).toEqual([]);
});
