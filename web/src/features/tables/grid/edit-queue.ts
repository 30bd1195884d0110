import type { CellValue } from '@keyrail/contract/tables';
import { networkError } from '@keyrail/sdk/api-error';
import type { RowWindow } from './row-window.ts';

export interface Edit {
  rowId: string;
  columnId: string;
  value: CellValue;
  /** What is there now, for taking it back. */
  before: CellValue;
}

/** Rows the API takes at once. */
export const atOnce = 1000;
const keptUndos = 50;
/** Many times what a thousand rows take: whatever is typed later waits for an answer no longer than this. */
export const answerWithinMs = 60_000;

interface Deps {
  rows: Pick<RowWindow, 'show'>;
  /** Changes at most a thousand rows: all of them, or throws. */
  send: (edits: readonly Edit[], signal: AbortSignal) => Promise<unknown>;
  /** Resolves when it is worth trying again; undefined where the error says no for good. */
  whenBack: (error: unknown) => Promise<void> | undefined;
  /** Something was sent; what the server has is to be loaded again. */
  onSettled: () => void;
  onRefused: (error: unknown) => void;
}

/** What goes to the server in one request. */
interface Part {
  edits: readonly Edit[];
  /** Sent only if that was taken. */
  undoes?: Part;
  isTaken: boolean;
}

/**
 * Changes values: shown at once, taken back if the server refuses them. They go to the server one after the other, so that of two
 * changes of one cell the later one stays; one that is refused, or gets no answer, keeps none that comes after it.
 */
export class EditQueue {
  readonly #deps: Deps;
  #undos: (readonly Part[])[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Answers whether all of it was taken. */
  async save(edits: readonly Edit[]): Promise<boolean> {
    const parts = partsOf(edits);
    this.#undos = [...this.#undos, parts].slice(-keptUndos);
    await this.#put(parts);
    if (!parts.some((part) => part.isTaken)) this.#undos = this.#undos.filter((one) => one !== parts);
    return parts.every((part) => part.isTaken);
  }

  /** Takes the last change back, also before it is saved; false where there is none, or nothing of it was taken. */
  async undo(): Promise<boolean> {
    const parts = this.#undos.pop();
    if (parts === undefined) return false;
    const back = parts.map((part) => ({ edits: part.edits.map(inverse), undoes: part, isTaken: false }));
    await this.#put(back);
    return back.some((part) => part.isTaken);
  }

  #put(parts: readonly Part[]): Promise<void> {
    const settles = parts.map((part) => this.#deps.rows.show(part.edits));
    const turn = this.#last.then(async () => {
      const refusal = await this.#sendAll(parts);
      parts.forEach((part, at) => {
        settles[at]?.(part.isTaken);
      });
      this.#deps.onSettled();
      if (refusal !== undefined) this.#deps.onRefused(refusal.error);
    });
    this.#last = turn;
    return turn;
  }

  /** Up to the first that is refused. */
  async #sendAll(parts: readonly Part[]): Promise<{ error: unknown } | undefined> {
    for (const part of parts) {
      if (part.undoes?.isTaken === false) continue;
      try {
        await this.#sendOne(part.edits);
        part.isTaken = true;
      } catch (error) {
        return { error };
      }
    }
    return undefined;
  }

  async #sendOne(edits: readonly Edit[]): Promise<void> {
    while (true) {
      try {
        return await this.#tryOne(edits);
      } catch (error) {
        const back = this.#deps.whenBack(error);
        if (back === undefined) throw error;
        await back;
      }
    }
  }

  async #tryOne(edits: readonly Edit[]): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), answerWithinMs);
    try {
      await this.#deps.send(edits, late.signal);
    } catch (error) {
      throw late.signal.aborted ? networkError(error) : error;
    } finally {
      clearTimeout(timer);
    }
  }
}

const inverse = ({ value, before, ...place }: Edit): Edit => ({ ...place, value: before, before: value });

function partsOf(edits: readonly Edit[]): Part[] {
  const byRow = Map.groupBy(edits, (edit) => edit.rowId);
  const rows = [...byRow.values()];
  return Array.from({ length: Math.ceil(rows.length / atOnce) }, (_, at) => ({
    edits: rows.slice(at * atOnce, (at + 1) * atOnce).flat(),
    isTaken: false,
  }));
}
