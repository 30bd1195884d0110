import type { ValueType } from '@keyrail/contract/tables';
import { staysAsItIs } from '../detect-type.ts';
import { fitText, MAX_VALUE_BYTES, storageProblem } from '../value.ts';
import { MAX_FIELD_CHARS } from './limits.ts';

/** Where a field of the file goes: under a column's key, as its type. */
export interface FieldTarget {
  key: number;
  type: ValueType;
  /** A value that is not of the type makes the column text from then on. */
  isDetected: boolean;
  /** Rows without a value here are refused. */
  isRequired: boolean;
}

/** A value that keeps its row out: which column (of the file, from 0) and why. */
export interface FieldProblem {
  column: number;
  value: string | null;
  message: string;
}

/**
 * Turns the fields of a row into the JSON object that a row keeps, written as COPY's text format wants it (a backslash
 * doubled; JSON itself has no line breaks and tabs). An object without members means a row without any value.
 *
 * This is where an import spends its time: most values are plain text and take one test and one concatenation.
 */
export class RowConverter {
  readonly #targets: readonly (FieldTarget | null)[];
  readonly #prefixes: readonly string[];
  /** Columns of the file whose detected type did not hold. */
  readonly becameText = new Set<number>();
  problem: FieldProblem | null = null;

  constructor(targets: readonly (FieldTarget | null)[]) {
    this.#targets = targets;
    this.#prefixes = targets.map((target) => (target ? `"${target.key}":` : ''));
  }

  /** The object, or null where something keeps the row out (`problem`). `isSuspect`: U+FFFD stands for wrong bytes. */
  convert(fields: readonly string[], isSuspect: boolean): string | null {
    let json = '{';
    const targets = this.#targets;
    for (let at = 0; at < targets.length; at++) {
      const target = targets[at];
      if (!target) continue;
      const field = fields[at] ?? '';
      if (field === '') {
        if (target.isRequired)
          return this.#refuse(at, '', 'Rows are matched by this column, and it is empty here.');
        continue;
      }
      if (isSuspect && field.includes('\ufffd'))
        return this.#refuse(at, field, 'There are bytes here that the encoding of the file does not have.');
      const written = target.type === 'text' ? this.#text(at, field) : this.#typed(at, target, field);
      if (written === null) return null;
      if (written !== '') json += (json.length > 1 ? ',' : '') + this.#prefixes[at] + written;
    }
    return `${json}}`;
  }

  #text(at: number, field: string): string | null {
    if (PLAIN.test(field) && field.length <= MAX_VALUE_BYTES / 3) return `"${field}"`;
    const problem =
      field.length > MAX_FIELD_CHARS ? 'The value is longer than 64 KB.' : storageProblem(field);
    return problem ? this.#refuse(at, field, problem) : forCopy(JSON.stringify(field));
  }

  #typed(at: number, target: FieldTarget, field: string): string | null {
    if (target.isDetected) {
      if (this.becameText.has(at)) return this.#text(at, field);
      if (staysAsItIs(target.type, field))
        return target.type === 'number' || target.type === 'boolean' ? field : forCopy(JSON.stringify(field));
      this.becameText.add(at);
      return this.#text(at, field);
    }
    const fit = fitText(target.type, field);
    if (fit.kind === 'misfit') return this.#refuse(at, field, fit.message);
    if (fit.value === null)
      return target.isRequired
        ? this.#refuse(at, field, 'Rows are matched by this column, and it is empty here.')
        : '';
    return forCopy(JSON.stringify(fit.value));
  }

  #refuse(column: number, value: string, message: string): null {
    this.problem = { column, value: value === '' ? null : excerpt(value), message };
    return null;
  }
}

/** Nothing that JSON or COPY writes in another way, no NUL, and no surrogate, which might stand alone. */
const PLAIN = /^[^"\\\p{Cc}\ud800-\udfff]*$/v;

function forCopy(json: string): string {
  return json.includes('\\') ? json.replaceAll('\\', '\\\\') : json;
}

export function excerpt(value: string): string {
  const shown = value.replaceAll('\0', '\u2400').toWellFormed();
  return shown.length > 200 ? `${shown.slice(0, 200).toWellFormed()}…` : shown;
}
