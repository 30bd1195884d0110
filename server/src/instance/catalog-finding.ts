import type { Finding, SetupFacts } from './setup-facts.ts';

const MOST_TOLD = 20;

/** Files that could not be used, and what hangs on files that are gone. */
export function catalogFinding({ catalog }: Pick<SetupFacts, 'catalog'>): Finding {
  const base = { id: 'catalog', title: 'Catalog files' } as const;
  const { integrations, hasOwnFolder, problems, missing } = catalog;
  if (problems.length === 0 && missing.length === 0) {
    // The command looks where its own shell says; the server may have been started with another setting.
    const own = hasOwnFolder
      ? 'Those of KEYRAIL_CATALOG_DIR are read when the server starts.'
      : 'KEYRAIL_CATALOG_DIR is not set here, so none of your own were looked for.';
    const message = `All ${integrations} integrations could be read. ${own}`;
    return { ...base, state: 'ok', message, next_step: null };
  }
  const left = problems.length - MOST_TOLD;
  const messages = [
    ...(problems.length === 0 ? [] : ['Left out:']),
    ...problems
      .slice(0, MOST_TOLD)
      .map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`),
    ...(left > 0 ? [`And ${left} more, which the log of the server names.`] : []),
    ...missing.map(missingWords),
  ];
  const steps = [
    ...(problems.length === 0
      ? []
      : ['Correct the files, then restart the server: it reads them at its start.']),
    ...(missing.length === 0
      ? []
      : [
          'Put the files back in KEYRAIL_CATALOG_DIR and restart the server: the connections work again as they were. Or delete the connections.',
        ]),
  ];
  return { ...base, state: 'problem', message: messages.join('\n'), next_step: steps.join(' ') };
}

function missingWords({ integration, connections }: SetupFacts['catalog']['missing'][number]): string {
  const count = connections === 1 ? 'One connection is' : `${connections} connections are`;
  return `${count} of “${integration}”, of which the catalog has no file (any more): kept, and of no use until it is back.`;
}
