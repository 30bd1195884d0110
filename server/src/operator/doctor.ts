import type { SetupFinding } from '@keyrail/contract/setup-check';
import { catalogFolder } from '../catalog/built-in.ts';
import { loadCatalog } from '../catalog/load.ts';
import { instanceDeps } from '../compose/instance.ts';
import { catalogFacts, httpsTools, setupCheckDeps, setupsOfTools } from '../compose/setup-check.ts';
import { countDamaged } from '../connections/damaged-store.ts';
import { gatherSetup } from '../instance/check-setup.ts';
import { standingSeen } from '../instance/instance.ts';
import { setupFindings } from '../instance/setup-findings.ts';
import type { OperatorCommand } from './command.ts';

const MARKS: Record<SetupFinding['state'], string> = {
  ok: 'ok       ',
  warning: 'warning  ',
  problem: 'PROBLEM  ',
  unknown: 'unknown  ',
};

export const doctor: OperatorCommand = {
  words: ['doctor'],
  usage: 'doctor',
  about:
    'Checks what signing in and links depend on: public address, certificate, reverse proxy, the way back from a sign-in, clocks, sign-in setups, files of the catalog, master key, stored credentials that do not open, and whether the database is a copy. Ends with 1 where something is wrong. The page "Check my setup" says the same, and what it sees of your browser.',
  options: {},
  run: async ({ db, config, clock }) => {
    const catalog = await loadCatalog({
      builtIn: catalogFolder,
      user: config.catalogDir ?? undefined,
      allowedPrivateHosts: config.allowedPrivateHosts,
    });
    const facts = await gatherSetup(
      {
        ...setupCheckDeps(config, db, clock),
        // Only a server that calls tools hears their clocks.
        toolsSkew: () => null,
        instance: async () => (await standingSeen(instanceDeps(config, db)))?.standing ?? null,
      },
      {
        browser: null,
        seen: null,
        httpsTools: httpsTools(catalog),
        catalog: await catalogFacts({ config, db }, catalog, null),
        setups: await setupsOfTools({ config, db }, async () => catalog, null),
        damagedConnections: await countDamaged(db.system, null),
      },
    );
    const findings = setupFindings(facts);
    const isWell = findings.every(({ state }) => state !== 'problem');
    return { text: findings.map(shown).join('\n'), code: isWell ? 0 : 1 };
  },
};

function shown({ state, title, message, next_step: nextStep }: SetupFinding): string {
  const lines = [`${MARKS[state]}${title}: ${message}`];
  if (nextStep !== null) lines.push(`→ ${nextStep}`);
  // Of several, such as files, each has a line of its own.
  return lines.join('\n').replaceAll('\n', '\n         ');
}
