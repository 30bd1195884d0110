import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/**
 * Loaded into a server process before anything else (`--import`): takes a guard out of the product's source as it is
 * loaded, so that a test can be seen to fail without it. What is to be replaced must stand exactly once in its room;
 * otherwise the process does not start, and no control can test nothing unnoticed.
 */
interface Change {
  /** A folder below `server/src`. */
  room: string;
  text: string;
  by: string;
}

const source = new URL('../../../src/', import.meta.url);
const changes = (JSON.parse(process.env.CHAOS_CHANGES ?? '[]') as Change[]).map((change) => ({
  ...change,
  url: fileWith(change),
}));

function fileWith({ room, text }: Change): string {
  const folder = new URL(`${room}/`, source);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const found = files.flatMap((name) => {
    const url = new URL(name, folder);
    return Array.from({ length: readFileSync(url, 'utf8').split(text).length - 1 }, () => url.href);
  });
  if (found.length !== 1) throw new Error(`${room}/ says ${found.length} times, and not once: ${text}`);
  return found[0] ?? '';
}

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    let text = String(loaded.source);
    for (const [index, change] of changes.entries()) {
      if (change.url !== url) continue;
      text = text.replace(change.text, () => change.by);
      process.stderr.write(`altered ${index}\n`);
    }
    return changes.some((change) => change.url === url) ? { ...loaded, source: text } : loaded;
  },
});
