import { expect, test } from 'vitest';
import { isListed } from './proxy-finding.ts';
import type { SetupFacts } from './setup-facts.ts';
import { setupFindings } from './setup-findings.ts';

const HTTPS = 'https://keyrail.example.com';
const ONE = { processes: 1, readings: 1, others: 0 };

const well: SetupFacts = {
  now: new Date('2026-11-01T00:00:00Z'),
  publicUrl: HTTPS,
  ownUrl: HTTPS,
  trustedProxies: ['10.0.0.0/24'],
  httpsTools: ['Chatty'],
  self: { kind: 'ours', skewMs: 400, validUntil: new Date('2027-01-01') },
  seen: {
    peer: '::ffff:10.0.0.7',
    host: 'keyrail.example.com',
    forwardedFor: '203.0.113.9',
    forwardedProto: 'https',
    forwardedHost: null,
  },
  isServing: true,
  lastBackupAt: new Date('2026-10-31T12:00:00Z'),
  browser: { origin: HTTPS, skewMs: -800 },
  databaseSkewMs: 3,
  toolsSkew: { medianMs: 900, hosts: 3 },
  setups: [{ name: 'Chatty', refused: null, enteredUnder: `${HTTPS}/x`, redirectUri: `${HTTPS}/x` }],
  catalog: { integrations: 130, hasOwnFolder: true, problems: [], missing: [], running: ONE },
  damagedConnections: 0,
  masterKey: { kind: 'file', isThere: true, isReadableByOthers: false, isAmongData: false },
  instance: { kind: 'confirmed', id: 'ins_a' },
  instanceSetting: null,
};
const seen = well.seen as NonNullable<SetupFacts['seen']>;
const setup = well.setups[0] as SetupFacts['setups'][number];
const loopback = {
  publicUrl: null,
  ownUrl: 'http://127.0.0.1:4400',
  self: { kind: 'not_asked' },
  seen: { ...seen, peer: '127.0.0.1', host: 'localhost:4400', forwardedFor: null, forwardedProto: null },
  browser: { origin: 'http://localhost:4400', skewMs: 0 },
} as const;

test('a setup as it should be is found so, and says nothing to change', () => {
  const findings = setupFindings(well);
  expect(findings.map(({ state, next_step }) => [state, next_step])).toEqual(
    findings.map(() => ['ok', null]),
  );
  expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
});

test('for trying out on one machine nothing is wrong, and it is said which tools will not work', () => {
  const findings = setupFindings({ ...well, ...loopback });
  expect(findings.filter(({ state }) => state !== 'ok').map(({ id }) => id)).toEqual(['public_url']);
  expect(findings[0]?.message).toContain('https address: Chatty');
});

const skewed = { kind: 'ours', skewMs: 240_000, validUntil: null } as const;
const otherServer = { kind: 'somebody_else', status: 200, location: null, validUntil: null } as const;
const ownSignIn = { ...otherServer, status: 302, location: 'https://sso.example.com/start?x=1' };

const wrongs: [what: string, change: Partial<SetupFacts>, id: string, state: string, says: RegExp][] = [
  ['no proxy listed', { trustedProxies: [] }, 'forwarded_headers', 'warning', /TRUSTED_PROXIES=10\.0\.0\.7/],
  [
    'another proxy',
    { trustedProxies: ['10.0.1.7'] },
    'forwarded_headers',
    'warning',
    /TRUSTED_PROXIES=10\.0\.1\.7,10\.0\.0\.7/,
  ],
  [
    'no protocol',
    { seen: { ...seen, forwardedProto: null } },
    'forwarded_headers',
    'warning',
    /X-Forwarded-Proto/,
  ],
  [
    'another protocol',
    { seen: { ...seen, forwardedProto: 'http' } },
    'forwarded_headers',
    'problem',
    /come by http,/,
  ],
  [
    'a rewritten host',
    { seen: { ...seen, host: '127.0.0.1:4400' } },
    'forwarded_headers',
    'warning',
    /Host header/,
  ],
  [
    'another host',
    { seen: { ...seen, forwardedHost: 'other.example.com' } },
    'forwarded_headers',
    'problem',
    /other\.example\.com/,
  ],
  [
    'nobody named',
    { seen: { ...seen, forwardedFor: null } },
    'forwarded_headers',
    'warning',
    /X-Forwarded-For/,
  ],
  [
    'a silent proxy',
    { seen: { ...seen, forwardedFor: null, forwardedProto: null } },
    'forwarded_headers',
    'warning',
    /one and the same/,
  ],
  [
    'a proxy before a server for one machine',
    { ...loopback, seen },
    'forwarded_headers',
    'problem',
    /Set KEYRAIL_PUBLIC_URL to .*https:\/\/keyrail\.example\.com/,
  ],
  ['another server at the address', { self: otherServer }, 'callback', 'problem', /status 200/],
  [
    'a sign-in in front',
    { self: ownSignIn },
    'callback',
    'problem',
    /redirect to https:\/\/sso\.example\.com/,
  ],
  [
    'unreachable, but for the browser',
    { self: { kind: 'unreachable', detail: 'ETIMEDOUT' } },
    'callback',
    'unknown',
    /your browser does/,
  ],
  [
    'unreachable',
    { browser: null, self: { kind: 'unreachable', detail: 'ENOTFOUND' } },
    'callback',
    'problem',
    /ENOTFOUND/,
  ],
  [
    'not running',
    { isServing: false, self: { kind: 'unreachable', detail: 'ECONNREFUSED' } },
    'callback',
    'unknown',
    /Start the server/,
  ],
  [
    'a certificate that is over',
    { self: { kind: 'bad_certificate', because: 'expired', detail: '' } },
    'https',
    'problem',
    /expired/,
  ],
  [
    'a certificate that is over soon',
    { self: { ...skewed, skewMs: 0, validUntil: new Date('2026-11-05T12:00:00Z') } },
    'https',
    'warning',
    /4 more days/,
  ],
  [
    'another address in the browser',
    { browser: { origin: 'http://10.0.0.5:4400', skewMs: 0 } },
    'browser_address',
    'problem',
    /Cookies/,
  ],
  [
    'another port of this machine',
    { ...loopback, browser: { origin: 'http://localhost:4401', skewMs: 0 } },
    'browser_address',
    'problem',
    /4401/,
  ],
  ['the database’s clock', { databaseSkewMs: -61_000 }, 'clock', 'problem', /database is 61 seconds behind/],
  ['the address’s clock', { self: skewed }, 'clock', 'problem', /public address is 4 minutes ahead/],
  [
    'the tools’ clock',
    { toolsSkew: { medianMs: -10_800_000, hosts: 2 } },
    'clock',
    'problem',
    /3 hours behind/,
  ],
  [
    'the browser’s clock',
    { browser: { origin: HTTPS, skewMs: 300_000 } },
    'clock',
    'warning',
    /your computer is 5 minutes ahead/,
  ],
  [
    'a setup that is refused',
    { setups: [{ ...setup, refused: { message: 'Unknown client.', since: well.now } }] },
    'sign_in_setups',
    'problem',
    /Chatty refuses .*Unknown client/,
  ],
  [
    'a setup of another address',
    { setups: [{ ...setup, enteredUnder: 'http://127.0.0.1:4400/x' }] },
    'sign_in_setups',
    'problem',
    /Register the new redirect URIs/,
  ],
  [
    'a key others can read',
    { masterKey: { kind: 'file', isThere: true, isReadableByOthers: true, isAmongData: false } },
    'master_key',
    'problem',
    /chmod 600/,
  ],
  [
    'a key among the data',
    { masterKey: { kind: 'file', isThere: true, isReadableByOthers: false, isAmongData: true } },
    'master_key',
    'warning',
    /data folder/,
  ],
  [
    'a key that is gone',
    { masterKey: { kind: 'file', isThere: false, isReadableByOthers: false, isAmongData: false } },
    'master_key',
    'problem',
    /backup/,
  ],
  [
    'a file with a problem',
    {
      catalog: {
        ...well.catalog,
        problems: [{ file: 'acme.yaml', line: 3, column: 11, message: '"category" must be a text.' }],
      },
    },
    'catalog',
    'problem',
    /^Left out:\nacme\.yaml:3:11: "category" must be a text\. Correct/,
  ],
  [
    'a file that is gone',
    { catalog: { ...well.catalog, missing: [{ integration: 'acme', connections: 2 }] } },
    'catalog',
    'problem',
    /2 connections are of “acme”.*kept/,
  ],
  [
    'processes with different files',
    { catalog: { ...well.catalog, running: { processes: 3, readings: 2, others: 1 } } },
    'catalog',
    'warning',
    /^The 3 server processes that run have read different catalog files\..*older ones have ended/,
  ],
  [
    'files that changed since the server started',
    { catalog: { ...well.catalog, running: { processes: 1, readings: 1, others: 1 } } },
    'catalog',
    'warning',
    /^The server that runs has read other catalog files than there are now\. Restart the server/,
  ],
  [
    'a command without the folder of the server',
    { catalog: { ...well.catalog, hasOwnFolder: false, running: { processes: 1, readings: 1, others: 1 } } },
    'catalog',
    'warning',
    /KEYRAIL_CATALOG_DIR is not set\. Give this command the settings/,
  ],
  [
    'credentials that do not open',
    { damagedConnections: 2 },
    'damaged_records',
    'problem',
    /of 2 connections/,
  ],
  [
    'a copy',
    { instance: { kind: 'quarantined', id: 'ins_a', because: 'moved' } },
    'copy',
    'problem',
    /instance keep/,
  ],
  [
    'a backup that is old',
    { lastBackupAt: new Date('2026-10-20') },
    'backup',
    'warning',
    /made 12 days ago.*keyrail -- backup FILE/,
  ],
  [
    'a backup that nobody knows of',
    { lastBackupAt: null },
    'backup',
    'unknown',
    /is known.*backed up otherwise, all is well/,
  ],
];

test.each(wrongs)('%s is found, with what to change, and nothing else is', (_, change, id, state, says) => {
  const findings = setupFindings({ ...well, ...change });
  const found = findings.find((one) => one.id === id);
  expect(`${found?.message} ${found?.next_step}`).toMatch(says);
  expect(found?.state).toBe(state);
  expect(found?.next_step).not.toBeNull();
  const others = findings.filter((one) => one.id !== id && one.state === 'problem');
  expect(others).toEqual([]);
});

test('a listed proxy is one by its address or range, in whichever way it is written', () => {
  expect(isListed('::ffff:127.0.0.1', ['127.0.0.1'])).toBe(true);
  expect(isListed('2001:db8::1', ['2001:db8:0::/48'])).toBe(true);
  expect(isListed('127.0.0.1', ['127.0.0.0/30', '::1'])).toBe(true);
  expect(isListed('127.0.0.4', ['127.0.0.0/30'])).toBe(false);
  expect(isListed('', ['0.0.0.0/0'])).toBe(false);
});
