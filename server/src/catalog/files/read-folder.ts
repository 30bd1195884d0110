import { join } from 'node:path';
import { byName, type CatalogProblem } from '../catalog.ts';
import type { FileChecked, FileText } from './check-files.ts';
import {
  type FolderFile,
  filesIn,
  MOST_PARTS_AT_A_START,
  type ReadText,
  readText,
  reasonOf,
  within,
} from './folder-files.ts';
import { openPack, type Pack, placeOf, writePack } from './pack.ts';
import {
  type Code,
  codeNow,
  isAsRead,
  lastingStamp,
  memoryOf,
  type Remembered,
  type RememberedFile,
  sumOf,
  tidy,
} from './remembered.ts';

export interface FolderToRead {
  folder: string;
  origin: CatalogProblem['origin'];
  allowedPrivateHosts: readonly string[];
  /** The folder of memories. */
  rememberIn: string;
}

export interface FolderRead {
  pack: Pack<Remembered>;
  /** Of what is no text that could be remembered; looked at anew with each start. */
  problems: readonly CatalogProblem[];
}

/** One file as it will be remembered, with its definition as JSON. */
interface Kept {
  file: RememberedFile;
  json: Buffer | null;
}

type Last = Pack<Remembered> | null;

/**
 * What the files of a folder say, from the memory of earlier starts where nothing changed since: then no file is opened. What
 * did change is read, and where its text is another one, parsed and checked.
 */
export async function readFolder(asked: FolderToRead): Promise<FolderRead> {
  const memory = join(asked.rememberIn, memoryOf(asked.folder, asked.origin, asked.allowedPrivateHosts));
  const readAt = Date.now();
  const problems: CatalogProblem[] = [];
  const files = list(asked, problems);
  const last = openPack<Remembered>(memory);
  const code = codeNow(last?.index.code ?? null);
  const isUsable = last !== null && last.index.code.sum === code.sum;
  const known = new Map(isUsable ? last.index.files.map((file) => [file.name, file]) : []);
  const isAllThere = files.every(({ name, stamp }) => isAsRead(known.get(name), stamp));
  if (isUsable && isAllThere && known.size === files.length && last.index.code.stamp === code.stamp)
    return { pack: last, problems };
  const kept = await rebuild(asked, files, { known, last, readAt }, problems);
  if (isUsable && isNothingNew(last.index, code, kept)) return { pack: last, problems };
  const pack = packed(memory, code, kept, asked.origin === 'built_in' ? AS_THE_CATALOG : undefined);
  await tidy(asked.rememberIn);
  return { pack, problems };
}

function list({ folder, origin }: FolderToRead, problems: CatalogProblem[]): FolderFile[] {
  const report = (message: string) => problems.push({ file: folder, line: 1, column: 1, origin, message });
  try {
    if (origin !== 'user') return filesIn(folder);
    const { files, tooMany } = within(filesIn(folder));
    if (tooMany !== null) report(tooMany);
    return files;
  } catch (error) {
    report(`The folder cannot be read (${reasonOf(error)}).`);
    return [];
  }
}

/** What there is to go by: what was remembered, and when this reading began. */
interface Before {
  known: ReadonlyMap<string, RememberedFile>;
  last: Last;
  readAt: number;
}

async function rebuild(
  asked: FolderToRead,
  files: readonly FolderFile[],
  before: Before,
  problems: CatalogProblem[],
): Promise<Kept[]> {
  const kept: Kept[] = [];
  const open: FolderFile[] = [];
  for (const file of files) {
    const same = asRemembered(before, file, null);
    if (same === null) open.push(file);
    else kept.push(same);
  }
  const unknown: Unknown[] = [];
  const later: string[] = [];
  let parts = 0;
  for await (const [file, read] of textsOf(asked.folder, open)) {
    const same = asRemembered(before, file, read);
    const { name } = file;
    const { origin } = asked;
    if (same !== null) kept.push(same);
    else if (read.kind === 'text') {
      parts += read.parts;
      if (origin === 'user' && parts > MOST_PARTS_AT_A_START) later.push(name);
      else unknown.push({ name, text: read.text, stamp: lastingStamp(file.stamp, before.readAt) });
    } else {
      const { line, message } = read;
      problems.push({ file: join(asked.folder, name), line, column: 1, origin, message });
    }
  }
  const [first] = later;
  if (first !== undefined)
    problems.push({
      ...START,
      file: join(asked.folder, first),
      origin: asked.origin,
      message: tooMuch(later.length),
    });
  return [...kept, ...(await checkedAnew(asked, unknown))];
}

const START = { line: 1, column: 1 };

/** What is remembered of the others by the next start makes room for these. */
function tooMuch(files: number): string {
  const which = files === 1 ? 'This file is' : `This file and ${files - 1} behind it are`;
  return `${which} not read yet: more is new in this folder than one start reads. The next start goes on here; take away what is not used.`;
}

/** `read` null: it was not opened. Null: it is none that is remembered, or what is remembered of it is damaged. */
function asRemembered(
  { known, last, readAt }: Before,
  { name, stamp }: FolderFile,
  read: ReadText | null,
): Kept | null {
  const remembered = known.get(name);
  if (remembered === undefined) return null;
  const isSame = read === null ? isAsRead(remembered, stamp) : isText(remembered, read);
  const json = isSame ? jsonIn(last, remembered) : 'damaged';
  if (json === 'damaged') return null;
  return {
    file: { ...remembered, stamp: read === null ? remembered.stamp : lastingStamp(stamp, readAt) },
    json,
  };
}

/** So many at a time are read. */
const AT_ONCE = 32;

async function* textsOf(
  folder: string,
  files: readonly FolderFile[],
): AsyncGenerator<[FolderFile, ReadText]> {
  for (let from = 0; from < files.length; from += AT_ONCE) {
    const some = files.slice(from, from + AT_ONCE);
    yield* await Promise.all(
      some.map(
        async (file): Promise<[FolderFile, ReadText]> => [file, await readText(join(folder, file.name))],
      ),
    );
  }
}

type Unknown = FileText & Pick<RememberedFile, 'stamp'>;

async function checkedAnew(asked: FolderToRead, unknown: readonly Unknown[]): Promise<Kept[]> {
  if (unknown.length === 0) return [];
  // Loaded only when there is something to read: parser and schema cost a third of a start.
  const { checkFiles } = await import('./check-files.ts');
  const checked = await checkFiles(unknown, asked);
  return unknown.flatMap(({ name, text, stamp }, index) => {
    const found = checked[index];
    return found === undefined ? [] : [keptOf({ name, stamp, sum: sumOf(text) }, found)];
  });
}

function isText({ sum }: RememberedFile, read: ReadText): boolean {
  return read.kind === 'text' && sumOf(read.text) === sum;
}

function jsonIn(last: Last, { place }: RememberedFile): Buffer | null | 'damaged' {
  if (place === null) return null;
  const json = last?.read(place) ?? null;
  return json === null ? 'damaged' : Buffer.from(json, 'utf8');
}

function keptOf(
  file: Pick<RememberedFile, 'name' | 'stamp' | 'sum'>,
  { entry, definition, slugAt, slug, problems, isLasting }: FileChecked,
): Kept {
  return {
    // What could not be told in time is looked at again.
    file: {
      ...file,
      ...(isLasting ? {} : { stamp: null, sum: '' }),
      entry,
      slugAt,
      slug,
      problems,
      place: null,
    },
    json: definition === null ? null : Buffer.from(JSON.stringify(definition), 'utf8'),
  };
}

function isNothingNew({ code, files }: Remembered, now: Code, kept: readonly Kept[]): boolean {
  if (code.stamp !== now.stamp || files.length !== kept.length) return false;
  const byFile = new Map(files.map((file) => [file.name, file]));
  return kept.every(({ file }) => {
    const before = byFile.get(file.name);
    return (
      before !== undefined &&
      before.sum === file.sum &&
      JSON.stringify(before.stamp) === JSON.stringify(file.stamp)
    );
  });
}

/** Who installs is not always who runs it; and what comes along is no secret. */
const AS_THE_CATALOG = 0o644;

function packed(memory: string, code: Code, kept: readonly Kept[], mode?: number): Pack<Remembered> {
  const sorted = [...kept].sort((a, b) =>
    a.file.entry !== null && b.file.entry !== null
      ? byName(a.file.entry, b.file.entry)
      : Number(a.file.entry === null) - Number(b.file.entry === null),
  );
  let at = 0;
  const files = sorted.map(({ file, json }) => {
    const place = json === null ? null : placeOf(json, at);
    at += place?.length ?? 0;
    return { ...file, place };
  });
  return writePack(
    memory,
    { code, files },
    sorted.flatMap(({ json }) => json ?? []),
    mode,
  );
}
