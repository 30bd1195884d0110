import { statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { catalogFolder } from '../catalog/built-in.ts';
import { analysePatterns } from '../catalog/checks/analyse-patterns.ts';
import { filesIn, readText, within } from '../catalog/files/folder-files.ts';
import { printable } from '../lib/printable.ts';
import { StartRefused } from '../lib/start-refused.ts';
import { openBench } from '../trials/bench.ts';
import { type CheckedFile, checkFile, type ProblemAt, slugProblems, UNTRIED } from '../trials/check-file.ts';
import type { FilesCommand, Printed } from './command.ts';

const USAGE = 'catalog check [FOLDER|FILE…] [--json]';

export const catalogCheck: FilesCommand = {
  words: ['catalog', 'check'],
  usage: USAGE,
  about:
    'Checks catalog files: their form, what is unwise in them, and every answer they document, which a server made from the file plays to the engine (connecting, signing in, renewing, every action). Without a path: the folder of KEYRAIL_CATALOG_DIR. Needs neither database nor network. Says what is wrong with file and line, and ends with 1 where something is.',
  run: async ({ config }, args) => {
    const options = args.filter((one) => one.startsWith('-'));
    const unknown = options.find((one) => one !== '--json');
    if (unknown !== undefined)
      throw new StartRefused(`There is no option ${unknown}.\nIt is used like this: ${USAGE}`);
    const given = args.filter((one) => !one.startsWith('-'));
    if (given.length === 0 && config.catalogDir === null)
      throw new StartRefused(
        `Name a folder or a file, or set KEYRAIL_CATALOG_DIR.\nIt is used like this: ${USAGE}`,
      );
    const found = (given.length === 0 ? [config.catalogDir ?? ''] : given).map(filesAt);
    const checked = [
      ...found.flatMap(({ leftOut }) => leftOut),
      ...(await checkAll(
        found.flatMap(({ files }) => files),
        config.allowedPrivateHosts,
      )),
    ];
    return options.includes('--json') ? asJson(checked) : inWords(checked);
  },
};

interface Named {
  /** From where the person stands, where that is shorter. */
  file: string;
  path: string;
}

/** Of a folder as many as a start reads: the others are in `leftOut`, as a problem of the folder. */
function filesAt(path: string): { files: Named[]; leftOut: CheckedFile[] } {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new StartRefused(`There is no file or folder ${path}.`);
  if (!stat.isDirectory()) return { files: [named(path)], leftOut: [] };
  const { files, tooMany } = within(filesIn(path));
  if (files.length === 0) throw new StartRefused(`There is no catalog file (.yaml) in ${path}.`);
  const leftOut = tooMany === null ? [] : [unread(named(path).file, { line: 1, message: tooMany })];
  return { files: files.map(({ name }) => named(join(path, name))), leftOut };
}

function named(path: string): Named {
  const short = relative(process.cwd(), path);
  return { path, file: printable(short.startsWith('..') ? path : short) };
}

async function checkAll(
  files: readonly Named[],
  allowedPrivateHosts: readonly string[],
): Promise<CheckedFile[]> {
  const bench = await openBench(allowedPrivateHosts);
  const endAt = performance.now() + PATTERNS_MS;
  const analyse: typeof analysePatterns = (patterns) =>
    analysePatterns(patterns, { eachMs: 4_000, allMs: Math.max(0, endAt - performance.now()) });
  try {
    const checked: CheckedFile[] = [];
    for (const { file, path } of files) {
      const read = await readText(path);
      const origin = dirname(resolve(path)) === resolve(catalogFolder) ? 'built_in' : 'user';
      checked.push(
        read.kind === 'unreadable'
          ? unread(file, read)
          : await checkFile(bench, { file, text: read.text }, { allowedPrivateHosts, origin, analyse }),
      );
    }
    for (const { file, problem } of slugProblems(checked))
      checked.find((one) => one.file === file)?.problems.push(problem);
    return checked;
  } finally {
    await bench.close();
  }
}

/** For the regular expressions of all files together. A start has less time, but for those alone that are new to it. */
const PATTERNS_MS = 60_000;

function unread(file: string, { line, message }: { line: number; message: string }): CheckedFile {
  return { file, slug: null, ...UNTRIED, problems: [{ line, column: 1, message }] };
}

function inWords(checked: readonly CheckedFile[]): Printed {
  const lines = checked.flatMap((one) => [
    one.problems.length === 0
      ? `ok       ${one.file} (${answers(one.played)} played)`
      : `PROBLEM  ${one.file}`,
    ...one.problems.map((problem) => `         ${placed(one.file, problem)}`),
    ...one.notTried.map((what) => `         not tried: ${printable(what)}`),
    ...(one.undocumented.length === 0
      ? []
      : [`         no documented success of ${one.undocumented.join(', ')}: tried with made-up ones alone`]),
  ]);
  const broken = checked.filter(({ problems }) => problems.length > 0).length;
  const files = `${checked.length} ${checked.length === 1 ? 'file' : 'files'}`;
  const played = answers(checked.reduce((sum, one) => sum + one.played, 0));
  const sum =
    broken === 0
      ? `${files}, ${played} played: all is well.`
      : `${files}, ${played} played: ${broken} ${broken === 1 ? 'has' : 'have'} problems.`;
  return { text: [...lines, '', sum].join('\n'), code: broken === 0 ? 0 : 1 };
}

function answers(count: number): string {
  return `${count} ${count === 1 ? 'answer' : 'answers'}`;
}

function placed(file: string, { line, column, message }: ProblemAt): string {
  return `${file}:${line}:${column}: ${printable(message)}`;
}

function asJson(checked: readonly CheckedFile[]): Printed {
  const files = checked.map((one) => ({
    file: one.file,
    problems: one.problems,
    played: one.played,
    not_tried: one.notTried,
    undocumented: one.undocumented,
  }));
  const isWell = checked.every(({ problems }) => problems.length === 0);
  return { text: asAscii(JSON.stringify({ files }, null, 2)), code: isWell ? 0 : 1 };
}

/** The same JSON, with nothing in it that a terminal would do something with. */
function asAscii(json: string): string {
  return json.replace(/[^\n\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
