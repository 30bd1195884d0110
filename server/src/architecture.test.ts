import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { noIntegrationNames, rules, type SourceFile, violations } from '../test/architecture.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const integrations = filesIn('catalog', /\.ya?ml$/).map(
  ({ path }) =>
    path
      .split('/')
      .at(-1)
      ?.replace(/\.ya?ml$/, '') ?? '',
);
const everyRule = [...rules, noIntegrationNames(integrations)];

test('the code keeps the directions between its rooms', () => {
  const files = ['contract', 'sdk', 'server', 'web', 'sandbox'].flatMap((name) => filesIn(name, /\.tsx?$/));
  expect(files.length).toBeGreaterThan(50);
  expect(violations(files, everyRule)).toEqual([]);
});

/** For each rule a file that breaks it, and one beside it that does not: a rule that catches nothing is no rule. */
const plants: [rule: string, broken: SourceFile, good: SourceFile][] = [
  [
    'the product imports nothing that only tests use',
    file('server/src/runs/drive.ts', "import { find } from '../../test/finder.ts';"),
    file('server/src/runs/under-test.ts', "import { find } from '../../test/finder.ts';"),
  ],
  [
    'a room imports only what stands to its right',
    file('server/src/outbound/call.ts', "import { connect } from '../connections/connect.ts';"),
    file('server/src/connections/connect.ts', "import { call } from '../outbound/call.ts';"),
  ],
  [
    'a room imports only what stands to its right',
    file('server/src/actions/execute.ts', "import { forward } from '../proxy/forward.ts';"),
    file('server/src/actions/execute.ts', "import type { Clock } from '../lib/clock.ts';"),
  ],
  [
    'a room imports only what stands to its right',
    file('server/src/lib/clock.ts', "export { Secret } from '../vault/seal.ts';"),
    file('server/src/lib/clock.ts', "export { Secret } from './secret.ts';"),
  ],
  [
    'web imports sdk and contract, sdk imports contract, contract imports nothing of ours',
    file('web/src/app/main.tsx', "import { readConfig } from '../../../server/src/config.ts';"),
    file('web/src/app/main.tsx', "import { errorCodes } from '@keyrail/contract/errors';"),
  ],
  [
    'web imports sdk and contract, sdk imports contract, contract imports nothing of ours',
    file('contract/src/ids.ts', "import { client } from '@keyrail/sdk/client';"),
    file('contract/src/ids.ts', "import { z } from 'zod';"),
  ],
  [
    'features of the web app never import each other',
    file('web/src/features/tables/grid.tsx', "import { Badge } from '../connections/badge.tsx';"),
    file('web/src/features/tables/grid.tsx', "import { Badge } from '../../ui/badge.tsx';"),
  ],
  [
    'db is imported only by stores, jobs, what composes, and the health check',
    file('server/src/connections/connect.ts', "const { queries } = await import('../db/open.ts');"),
    file('server/src/connections/credential-store.ts', "import { queries } from '../db/open.ts';"),
  ],
  [
    'no room imports the store of another',
    file('server/src/connections/connect.ts', "import { insertEntry } from '../audit/store.ts';"),
    file('server/src/connections/connect.ts', "import { saveConnection } from './connection-store.ts';"),
  ],
  [
    'no room imports the store of another',
    file('server/src/runs/store/cell-store.ts', "import { rows } from '../../tables/store/row-store.ts';"),
    file('server/src/runs/store/cell-store.ts', "import { leases } from './lease-store.ts';"),
  ],
  [
    'vault/open is imported only by the one file per kind of secret that hands it out',
    file('server/src/runs/work.ts', "import { open } from '../vault/open.ts';"),
    file('server/src/connections/credential.ts', "import { open } from '../vault/open.ts';"),
  ],
  [
    'process.env is read only in config.ts',
    file('server/src/log.ts', 'const level = process.env.LEVEL;'),
    file('server/src/config.ts', 'const level = process.env.LEVEL;'),
  ],
  [
    'the HTTP framework stays in api/',
    file('server/src/connections/connect.ts', "import type { FastifyRequest } from 'fastify';"),
    file('server/src/api/connections.ts', "import type { FastifyRequest } from 'fastify';"),
  ],
  [
    'calls to third parties are made in outbound/ alone',
    file('server/src/connections/probe.ts', "const answer = await fetch('https://api.example.com');"),
    file('server/src/connections/probe.ts', 'const row = await deps.fetch(id); // fetch(it)'),
  ],
  [
    'calls to third parties are made in outbound/ alone',
    file('server/src/oauth/exchange.ts', "import { request } from 'undici';"),
    file('server/src/outbound/connect.ts', "import { request } from 'undici';"),
  ],
  [
    'the server has no barrel',
    file('server/src/vault/index.ts', "export * from './seal.ts';"),
    file('server/src/vault/seal.ts', 'export const seal = 1;'),
  ],
  [
    'a file is named after what is in it',
    file('server/src/runs/utils.ts', ''),
    file('server/src/runs/budget.ts', ''),
  ],
  [
    'what proves who somebody is, is compared in constant time',
    file('server/src/oauth/callback.ts', 'const isOurs = hashOf(nonce) === row.browserHash;'),
    file(
      'server/src/oauth/callback.ts',
      'const isOurs = browserHash !== null && timingSafeEqual(a, browserHash);',
    ),
  ],
  [
    "no integration's name outside catalog/",
    file('server/src/outbound/retry.ts', "const isSpecial = integration === 'hunter';"),
    file('server/src/outbound/retry.ts', '/** Hunter answers 403 when it throttles; its file says so. */'),
  ],
  [
    "no integration's name outside catalog/",
    file('web/src/ui/icon.tsx', "const icons = { 'instantly': 1 };"),
    file('web/src/ui/icon.tsx', "const text = 'The result is there instantly.';"),
  ],
];

test.each(plants)('%s: a planted violation is caught', (name, broken, good) => {
  const rule = [...rules, noIntegrationNames(['hunter', 'instantly'])].filter((one) => one.name === name);
  expect(violations([broken], rule)).toHaveLength(1);
  expect(violations([good], rule)).toEqual([]);
});

test('every rule has a planted violation', () => {
  const planted = new Set(plants.map(([name]) => name));
  expect(everyRule.map((rule) => rule.name).filter((name) => !planted.has(name))).toEqual([]);
});

function file(path: string, text: string): SourceFile {
  return { path, text };
}

function filesIn(folder: string, pattern: RegExp): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/\/(node_modules|dist[^/]*)\//.test(path))
    .map((path) => ({ path: path.slice(root.length), text: readFileSync(path, 'utf8') }));
}
