import { AppError } from '../../lib/app-error.ts';

/** Others wait for what takes longer than a tenth of a second or so. */
const LONG = 100_000;
/** Each takes some seconds at most; whoever comes after them is told to come again. */
const MOST_WAITING = 20;

type Turn = <T>(compute: () => Promise<T>) => Promise<T>;

function createTurn(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (compute) => {
    if (waiting >= MOST_WAITING) throw busy();
    waiting += 1;
    const mine = last.then(compute).finally(() => {
      waiting -= 1;
    });
    last = mine.catch(() => {});
    return mine;
  };
}

const offThread = createTurn();

/** Of derivations that take long one is computed after the other: there are four threads for them, which look up names as well. */
export async function inTurn<T>(rounds: number, compute: () => Promise<T>): Promise<T> {
  return rounds < LONG ? compute() : offThread(compute);
}

const onThread = createTurn();

/**
 * What is computed here in pieces, however short, one after the other: of a hundred at once each piece would come before
 * anybody is served.
 */
export async function inTurnHere<T>(compute: () => Promise<T>): Promise<T> {
  return onThread(compute);
}

function busy(): AppError {
  return new AppError('too_many_requests', {
    detail: 'This server is opening other files just now. Try again in a few seconds.',
    retryAfterSeconds: 10,
  });
}
