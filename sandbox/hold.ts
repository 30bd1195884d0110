/** Keeps answers back, so that what is under way stays under way for as long as somebody looks at it. */
export class Hold {
  #left = Number.POSITIVE_INFINITY;
  #isOver: Promise<void> = Promise.resolve();

  /** So many requests more are answered; those after them wait until what this returns is called. */
  begin(after = 0): () => void {
    let release = () => {};
    this.#isOver = new Promise((resolve) => {
      release = resolve;
    });
    this.#left = after;
    return () => {
      this.#left = Number.POSITIVE_INFINITY;
      release();
    };
  }

  async pass(): Promise<void> {
    if (this.#left > 0) this.#left -= 1;
    else await this.#isOver;
  }
}
