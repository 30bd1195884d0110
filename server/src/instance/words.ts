import type { Because } from './judge.ts';

const WHY: Record<Because, (id: string, setting: string | null) => string> = {
  moved: (id) =>
    `The database says it is instance ${id}, but it does not run where that instance ran: it was restored from a backup, made from another database, moved or copied.`,
  unknown_machine: (id) =>
    `The database says it is instance ${id}, and nobody has said that this machine works for it: the database may be a copy, or this machine is new.`,
  other_instance: (id, setting) =>
    `KEYRAIL_INSTANCE_ID is ${setting ?? 'not set'}, but the database says it is instance ${id}.`,
};

const DECIDE =
  'If this is the original, moved or restored in its place, and no other Keyrail works on the same data any more, run "npm run keyrail -- instance keep". If it is a copy beside the original, run "npm run keyrail -- instance copy": what people signed in for is then given up here alone, and the original keeps it.';

/** What was found, in words for the person who runs the server. */
export function whyQuarantined(because: Because, id: string, setting: string | null): string {
  return `${WHY[because](id, setting)} A copy and its original would renew the same tokens, and providers end access that is renewed from two sides; so nothing is sent, renewed or run until somebody says which it is.`;
}

/** What to do about it. */
export function whatToDecide(because: Because, id: string): string {
  return because === 'other_instance'
    ? `Set DATABASE_URL to the database that is meant, or KEYRAIL_INSTANCE_ID to ${id} if it is this one. A copy gets an id of its own first: "npm run keyrail -- instance copy".`
    : DECIDE;
}
