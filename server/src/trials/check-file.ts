import { basename } from 'node:path';
import type { analysePatterns } from '../catalog/checks/analyse-patterns.ts';
import { type FileProblem, parseSourceFile } from '../catalog/checks/source-file.ts';
import { checkFiles } from '../catalog/files/check-files.ts';
import { comesBefore } from '../catalog/load.ts';
import type { Bench } from './bench.ts';
import type { MakeCertificate } from './entered.ts';
import { prudence } from './prudence.ts';
import { tryFile } from './try-file.ts';
import { undocumented, wantedOfOurs } from './wanted-of-ours.ts';

export interface ProblemAt {
  line: number;
  column: number;
  message: string;
}

export interface CheckedFile {
  file: string;
  /** Null: the file is not understood. */
  slug: (Pick<ProblemAt, 'line' | 'column'> & { name: string }) | null;
  problems: ProblemAt[];
  /** Answers that were played through the engine. */
  played: number;
  notTried: string[];
  /** Actions of which no answer is documented that worked. */
  undocumented: string[];
}

export interface FileToCheck {
  /** As it is named to the person. */
  file: string;
  text: string;
}

export interface CheckOptions {
  allowedPrivateHosts?: readonly string[];
  /** What comes along is known by its name, and has its regular expressions analysed by tests. */
  origin?: 'built_in' | 'user';
  makeCertificate?: MakeCertificate;
  /** Judges regular expressions. */
  analyse?: typeof analysePatterns;
}

/** Everything there is to say of one file: its form, what is unwise in it, and what comes of each of its answers. */
export async function checkFile(
  bench: Bench,
  { file, text }: FileToCheck,
  options: CheckOptions = {},
): Promise<CheckedFile> {
  const { allowedPrivateHosts = [], origin = 'user', makeCertificate, analyse } = options;
  const asked = { folder: '', origin, allowedPrivateHosts };
  const [read] = await checkFiles([{ name: basename(file), text }], asked, analyse);
  const definition = read?.definition ?? null;
  if (read === undefined || definition === null)
    return { file, slug: null, ...UNTRIED, problems: [...(read?.problems ?? [])] };
  const tried = await tryFile(bench, definition, makeCertificate === undefined ? {} : { makeCertificate });
  const wanted = origin === 'built_in' ? wantedOfOurs(basename(file), text, definition) : [];
  const problems = located(text, [...prudence(definition), ...tried.problems, ...wanted]);
  return {
    file,
    slug: { ...read.slugAt, name: definition.slug },
    problems,
    played: tried.played,
    notTried: tried.notTried,
    undocumented: undocumented(definition),
  };
}

/** Of a file that is not understood. */
export const UNTRIED = { played: 0, notTried: [], undocumented: [] };

/** A file is parsed again only for what is wrong in it. */
function located(text: string, found: readonly FileProblem[]): ProblemAt[] {
  if (found.length === 0) return [];
  const source = parseSourceFile(text);
  return found
    .map((one) => ({ ...source.locate(one), message: one.message }))
    .sort((a, b) => a.line - b.line);
}

/** Two files with one slug: one of them is left out when a folder is read, and told so. */
export function slugProblems(
  files: readonly Pick<CheckedFile, 'file' | 'slug'>[],
): { file: string; problem: ProblemAt }[] {
  const taken = new Map<string, string>();
  for (const { file, slug } of files) {
    if (slug === null) continue;
    const other = taken.get(slug.name);
    if (other === undefined || comesBefore(basename(file), basename(other), slug.name))
      taken.set(slug.name, file);
  }
  return files.flatMap(({ file, slug }) => {
    const other = slug === null ? file : (taken.get(slug.name) ?? file);
    if (slug === null || other === file) return [];
    const { name, ...at } = slug;
    const message = `"${name}" is already described in ${other}. Rename one, or remove it.`;
    return [{ file, problem: { ...at, message } }];
  });
}
