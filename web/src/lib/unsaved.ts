let held = 0;

/** While something is on its way to the server, the browser asks before it closes the page. */
export async function holdPage<Answer>(until: Promise<Answer>): Promise<Answer> {
  if (++held === 1) addEventListener('beforeunload', ask);
  try {
    return await until;
  } finally {
    if (--held === 0) removeEventListener('beforeunload', ask);
  }
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
