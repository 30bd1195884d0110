/**
 * Makes one piece of work of many askers: who comes while the way to the database is taken waits, and goes with all others who
 * came meanwhile. Nobody is answered from work that began before they asked. Where the way is free, everybody goes at the end of
 * the event loop's turn, with those whose requests arrived in the same turn.
 */
export function createGather<Ask, Answer>(
  /** Answers in the order of the asks. Where it fails for several, each is tried by itself. */
  work: (asks: readonly Ask[]) => Promise<readonly Answer[]>,
  { atOnce, most }: { atOnce: number; most: number },
): (ask: Ask) => Promise<Answer> {
  let waiting: Waiting<Ask, Answer>[] = [];
  let underWay = 0;
  let isSoon = false;

  function goSoon(): void {
    if (isSoon) return;
    isSoon = true;
    setImmediate(goOn);
  }

  function goOn(): void {
    isSoon = false;
    while (underWay < atOnce && waiting.length > 0) {
      const group = waiting.slice(0, most);
      waiting = waiting.slice(most);
      underWay += 1;
      void answered(group).then(() => {
        underWay -= 1;
        if (waiting.length > 0) goSoon();
      });
    }
  }

  async function answered(group: readonly Waiting<Ask, Answer>[]): Promise<void> {
    try {
      const answers = await work(group.map(({ ask }) => ask));
      for (const [at, { resolve }] of group.entries()) resolve(answers[at] as Answer);
    } catch (error) {
      if (group.length === 1) return group[0]?.reject(error);
      for (const one of group) await answered([one]);
    }
  }

  return (ask) =>
    new Promise((resolve, reject) => {
      waiting.push({ ask, resolve, reject });
      if (underWay < atOnce) goSoon();
    });
}

interface Waiting<Ask, Answer> {
  ask: Ask;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}
