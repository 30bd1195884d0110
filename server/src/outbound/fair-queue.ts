/** First in, first out for each consumer, and the consumers in turn: one with a thousand calls does not shut out one with one. */
export class FairQueue<T> {
  readonly #lines = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(consumer: string, item: T): void {
    const line = this.#lines.get(consumer);
    if (line) line.push(item);
    else this.#lines.set(consumer, [item]);
    this.#size += 1;
  }

  /** The next in turn; undefined when nobody waits. */
  shift(): T | undefined {
    const next = this.#lines.entries().next().value;
    if (!next) return undefined;
    const [consumer, line] = next;
    const item = line.shift();
    this.#lines.delete(consumer);
    if (line.length > 0) this.#lines.set(consumer, line);
    this.#size -= 1;
    return item;
  }

  /** Takes out everything the test holds for. */
  takeWhere(test: (item: T) => boolean): T[] {
    const taken: T[] = [];
    for (const [consumer, line] of [...this.#lines]) {
      const kept = line.filter((item) => !test(item));
      if (kept.length === line.length) continue;
      taken.push(...line.filter(test));
      if (kept.length > 0) this.#lines.set(consumer, kept);
      else this.#lines.delete(consumer);
    }
    this.#size -= taken.length;
    return taken;
  }
}
