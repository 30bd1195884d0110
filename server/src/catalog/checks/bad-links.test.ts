import { describe, expect, test } from 'vitest';
import { GOOD } from '../file-under-test.ts';
import { readDefinition } from '../files/read-definition.ts';

const problemsIn = (text: string) =>
  readDefinition('acme.yaml', text, 'user').problems.map(({ line, message }) => `${line} ${message}`);

describe('a link with a user name or password in it', () => {
  const OTHERS = 'https://acme.example@evil.example/docs';
  test.each([
    ['homepage', GOOD.replace('homepage: https://acme.example', `homepage: ${OTHERS}`), 5],
    ['docs_url', GOOD.replace('docs_url: https://acme.example/docs', `docs_url: ${OTHERS}`), 6],
    ['url', GOOD.replace('    send:\n', `    key_help: { location: X, url: "${OTHERS}" }\n    send:\n`), 13],
    [
      'docs_url',
      GOOD.replace('    primary: true\n', `    primary: true\n    docs_url: https://:x@evil.example\n`),
      22,
    ],
    ['at', GOOD.replace(/(?<=at: )[^,}\n]+/, `${OTHERS} as of today`), 28],
  ])('is refused at its line, as %s', (name, text, line) => {
    expect(text).not.toBe(GOOD);
    expect(problemsIn(text)).toEqual([
      `${line} "${name}" is not right: a link must not have a user name or password in it (what stands before the @).`,
    ]);
  });
});

describe('a character that nobody sees and that turns what stands beside it', () => {
  test.each([
    ['a name', 'name: Acme', (odd: string) => `name: "Ac${odd}me"`, 2],
    ['a label', 'label: API key', (odd: string) => `label: "API ${odd}key"`, 12],
    [
      'a link',
      'docs_url: https://acme.example/docs',
      (odd: string) => `docs_url: https://acme.example/${odd}docs`,
      6,
    ],
    [
      'a link, written by its number',
      'homepage: https://acme.example',
      () => 'homepage: "https://acme.example/\\u202Excod"',
      5,
    ],
  ])('is refused at its line, in %s', (_, before, after, line) => {
    for (const odd of ['\u202E', '\u2066', '\u200F', '\u061C', '\u2028']) {
      const text = GOOD.replace(before, after(odd));
      expect(text).not.toBe(GOOD);
      expect(problemsIn(text)).toEqual([
        `${line} There is a character in this text that nobody sees and that turns the direction of reading, or ends the line. Take it out.`,
      ]);
    }
  });

  test('is none in a text that is written from right to left, or joined', () => {
    expect(
      problemsIn(GOOD.replace('name: Acme', 'name: "\u05D0\u05E7\u05DE\u05D4 \u{1F469}\u200D\u{1F4BB}"')),
    ).toEqual([]);
  });
});
