import type { Finding, SetupFacts } from './setup-facts.ts';

const MOST_TOLD = 20;

/** Files that could not be used, and what hangs on files that are gone. */
export function catalogFinding({ catalog }: Pick<SetupFacts, 'catalog'>): Finding {
  const base = { id: 'catalog', title: 'Catalog files' } as const;
  const { integrations, hasOwnFolder, problems, missing } = catalog;
  const disagreement = disagreementOf(catalog);
  const isWell = problems.length === 0 && missing.length === 0;
  if (isWell && disagreement === null) {
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
    ...(disagreement === null ? [] : [disagreement.message]),
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
    ...(disagreement?.step ?? []),
  ];
  const state = isWell ? 'warning' : 'problem';
  return { ...base, state, message: messages.join('\n'), next_step: steps.join(' ') };
}

/** Processes that read their files at different times, or from different folders. */
function disagreementOf({
  hasOwnFolder,
  running: { processes, readings, others },
  problems,
}: SetupFacts['catalog']): { message: string; step: [string] | [] } | null {
  if (readings > 1)
    return {
      message: `The ${processes} server processes that run have read different catalog files. Each uses a connection only as its own files say; what connections say of themselves follows the process that started last.`,
      step: [
        'During an update this is over when the older ones have ended. Else give all of them the same KEYRAIL_CATALOG_DIR, and restart those that started before it changed.',
      ],
    };
  if (others === 0) return null;
  return {
    message: hasOwnFolder
      ? 'The server that runs has read other catalog files than there are now.'
      : 'The server that runs has read other catalog files than this command, for which KEYRAIL_CATALOG_DIR is not set.',
    step: stepTo(hasOwnFolder, problems.length > 0),
  };
}

function stepTo(hasOwnFolder: boolean, isToldToRestart: boolean): [string] | [] {
  if (!hasOwnFolder) return ['Give this command the settings that the server has.'];
  if (isToldToRestart) return [];
  return [
    'Restart the server: it reads the files at its start. If it has another KEYRAIL_CATALOG_DIR than this command, give them the same.',
  ];
}

function missingWords({ integration, connections }: SetupFacts['catalog']['missing'][number]): string {
  const count = connections === 1 ? 'One connection is' : `${connections} connections are`;
  return `${count} of “${integration}”, of which the catalog has no file (any more): kept, and of no use until it is back.`;
}
