import { registerHooks } from 'node:module';

/**
 * Loaded into a server process before anything else (`--import`): takes a guard out of one file of the product as that file is
 * loaded, so that a test can be seen to fail without it. What is to be replaced must stand there exactly once; otherwise
 * the process does not start, and no control can test nothing unnoticed.
 */
interface Change {
  /** How the file's address ends: `tokens/token-store.ts`. */
  file: string;
  text: string;
  by: string;
}

const changes = JSON.parse(process.env.CHAOS_CHANGES ?? '[]') as Change[];

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const wanted = changes.filter(({ file }) => url.endsWith(`/server/src/${file}`));
    if (wanted.length === 0) return loaded;
    let source = String(loaded.source);
    for (const { file, text, by } of wanted) {
      if (source.split(text).length !== 2) throw new Error(`${file} does not say exactly once: ${text}`);
      source = source.replace(text, () => by);
      process.stderr.write(`altered ${file}\n`);
    }
    return { ...loaded, source };
  },
});
