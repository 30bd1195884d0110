import { inspect } from 'node:util';

/**
 * A value that must not be shown. Printing, joining or serialising it gives `[secret]`; whoever needs the
 * value says `.reveal()`, which is easy to search for.
 */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
