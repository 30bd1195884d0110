let held = 0;
let ended: Promise<unknown> = Promise.resolve();

/** While something is on its way to the server, the browser asks before it closes the page. */
export async function holdPage<Answer>(until: Promise<Answer>): Promise<Answer> {
  ended = Promise.allSettled([ended, until]);
  if (++held === 1) addEventListener('beforeunload', ask);
  try {
    return await until;
  } finally {
    if (--held === 0) letPageGo();
  }
}

/** The page goes without being asked about: the session is over, so nothing is saved any more. */
export function letPageGo(): void {
  removeEventListener('beforeunload', ask);
}

/** Resolves once nothing is on its way to the server. */
export async function allSaved(): Promise<void> {
  while (held > 0) await ended;
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
