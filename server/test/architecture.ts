import { posix } from 'node:path';

/** A file of ours: its path from the root of the clone, with slashes, and its text. */
export interface SourceFile {
  path: string;
  text: string;
}

export interface Violation {
  path: string;
  message: string;
}

export interface Rule {
  name: string;
  check(file: SourceFile): string[];
}

/**
 * The rooms of the server from top to bottom; each may import what stands in a later line, itself, `contract` and `lib`.
 * Rooms in one line do not import each other.
 */
const rooms: string[][] = [
  ['main', 'serve', 'compose', 'operator'],
  ['api', 'mcp'],
  ['config'],
  ['syncs'],
  ['runs'],
  ['tables'],
  ['custom', 'trials'],
  ['actions', 'proxy'],
  ['connections'],
  ['auth-methods'],
  ['oauth'],
  ['tokens'],
  ['notices'],
  ['outbound'],
  ['catalog'],
  ['workspaces'],
  ['backup'],
  ['vault', 'jobs', 'audit', 'instance'],
  ['db'],
  ['lib'],
];

const level = new Map(rooms.flatMap((line, index) => line.map((room) => [room, index] as const)));

/** Tests may reach everywhere: they compose, plant and look behind the scenes. */
const isTest = (path: string) =>
  /\.test\.tsx?$|(^|[/-])under-test\.ts$/.test(path) || path.startsWith('server/test/');
const isServer = (path: string) => path.startsWith('server/src/');
const isStore = (path: string) => /(^|[/-])store\.ts$|\/store\//.test(path);
const isCompose = (path: string) =>
  /^server\/src\/((main|serve|compose)\.ts|compose\/|operator\/)/.test(path);

/** The room of a server file: its folder, or its own name for a file on the top level. */
function roomOf(path: string): string {
  return (path.slice('server/src/'.length).split('/')[0] ?? '').replace(/\.ts$/, '');
}

const directions: Rule = {
  name: 'a room imports only what stands to its right',
  check: (file) =>
    serverImports(file).flatMap((target) => {
      const [from, to] = [roomOf(file.path), roomOf(target)];
      if (from === to) return [];
      const [fromLevel, toLevel] = [level.get(from), level.get(to)];
      if (fromLevel === undefined)
        return [`${from} is no room this test knows: give it its place in the order`];
      if (toLevel === undefined) return [`${to} is no room this test knows: give it its place in the order`];
      // What composes is made of several files, which know each other.
      if (isCompose(file.path) && isCompose(target)) return [];
      return toLevel > fromLevel ? [] : [`${from} imports ${target}`];
    }),
};

const packages: Rule = {
  name: 'web imports sdk and contract, sdk imports contract, contract imports nothing of ours',
  check: (file) => {
    if (isTest(file.path)) return [];
    const from = file.path.split('/')[0] ?? '';
    const allowed: Record<string, string[]> = {
      contract: [],
      sdk: ['contract'],
      web: ['sdk', 'contract'],
      server: ['contract'],
    };
    const may = allowed[from];
    if (!may) return [];
    return imports(file)
      .map(
        (target) =>
          /^@keyrail\/([^/]+)/.exec(target)?.[1] ??
          (target.startsWith('@') ? from : (target.split('/')[0] ?? '')),
      )
      .filter((to) => ['contract', 'sdk', 'web', 'server', 'sandbox', 'bench', 'e2e'].includes(to))
      .filter((to) => to !== from && !may.includes(to))
      .map((to) => `${from} imports ${to}`);
  },
};

const features: Rule = {
  name: 'features of the web app never import each other',
  check: (file) => {
    const feature = /^web\/src\/features\/([^/]+)/.exec(file.path)?.[1];
    if (!feature || isTest(file.path)) return [];
    return imports(file)
      .map((target) => /^web\/src\/features\/([^/]+)/.exec(target)?.[1])
      .filter((other) => other !== undefined && other.replace(/\.tsx?$/, '') !== feature)
      .map((other) => `feature ${feature} imports feature ${other}`);
  },
};

const database: Rule = {
  name: 'db is imported only by stores, jobs, what composes, and the health check',
  check: (file) => {
    const may =
      isStore(file.path) ||
      isCompose(file.path) ||
      /^server\/src\/(db\/|jobs\/|api\/health\.ts)/.test(file.path);
    return may
      ? []
      : serverImports(file)
          .filter((target) => roomOf(target) === 'db')
          .map((target) => `imports ${target}`);
  },
};

const stores: Rule = {
  name: 'no room imports the store of another',
  check: (file) =>
    isCompose(file.path)
      ? []
      : serverImports(file)
          .filter((target) => isStore(target) && roomOf(target) !== roomOf(file.path))
          .map((target) => `imports ${target}`),
};

/** One file per kind of secret that hands it out. */
const openers = new Set([
  'server/src/connections/credential.ts',
  'server/src/connections/withdrawals/withdrawal-box.ts',
  'server/src/tokens/token-box.ts',
  'server/src/oauth/setups/app-secret.ts',
  'server/src/oauth/held.ts',
  'server/src/notices/channel-secret.ts',
]);

const vaultDoor: Rule = {
  name: 'vault/open is imported only by the one file per kind of secret that hands it out',
  check: (file) =>
    openers.has(file.path) || roomOf(file.path) === 'vault' || isCompose(file.path)
      ? []
      : serverImports(file)
          .filter((target) => target === 'server/src/vault/open.ts')
          .map(() => 'imports vault/open'),
};

const environment: Rule = {
  name: 'process.env is read only in config.ts',
  check: ({ path, text }) =>
    isServer(path) &&
    !isTest(path) &&
    path !== 'server/src/config.ts' &&
    /\bprocess\s*\.\s*env\b|\benv\b[^;]*from 'node:process'/.test(code(text))
      ? ['reads process.env']
      : [],
};

const framework: Rule = {
  name: 'the HTTP framework stays in api/',
  check: (file) =>
    isServer(file.path) && !isTest(file.path) && roomOf(file.path) !== 'api'
      ? imports(file)
          .filter((target) => /^(@fastify\/|fastify(-|$))/.test(target))
          .map((target) => `imports ${target}`)
      : [],
};

const network: Rule = {
  name: 'calls to third parties are made in outbound/ alone',
  check: (file) => {
    if (!isServer(file.path) || isTest(file.path) || roomOf(file.path) === 'outbound') return [];
    const text = code(file.text);
    const calls = [
      ...text.matchAll(
        /(?<![\w.])fetch\s*\(|\bglobalThis\.fetch\b|\bhttps?\.(request|get)\s*\(|\b(net|tls)\.connect\s*\(/g,
      ),
    ];
    const clients = imports(file).filter((target) =>
      /^(undici|node:http2|axios|got|node-fetch)$/.test(target),
    );
    return [...calls.map(([call]) => `calls ${call}`), ...clients.map((client) => `imports ${client}`)];
  },
};

const barrels: Rule = {
  name: 'the server has no barrel',
  check: ({ path }) =>
    isServer(path) && posix.basename(path) === 'index.ts' ? ['is a barrel: import the file that has it'] : [],
};

const apart: Rule = {
  name: 'the product imports nothing that only tests use',
  check: (file) =>
    isTest(file.path) || !/^(server|contract|sdk|web)\/src\//.test(file.path)
      ? []
      : imports(file)
          .filter(isTest)
          .map((target) => `imports ${target}`),
};

const names: Rule = {
  name: 'a file is named after what is in it',
  check: ({ path }) =>
    /(^|\/)(utils?|helpers?|common|types|services?|misc)(\.tsx?$|\/)/.test(path)
      ? ['has a name that says nothing']
      : [],
};

/** Words of everyday code and English, and of a kind of key: as a slug they count with their domain alone. */
const EVERYDAY = new Set(['aws', 'box', 'close', 'front', 'monday', 'resend', 'segment']);

/**
 * No integration's name in code: what is special about one is a field of its file. Slugs that are English words count only
 * where they are not prose: alone in quotes, or with a capital or a dot.
 */
export function noIntegrationNames(
  slugs: string[],
  words: string[] = ['instantly', 'linear', 'linkedin'],
): Rule {
  const patterns = slugs.map((slug) => {
    const plain = slug.replaceAll(/[^a-z0-9]+/gi, '[-_. ]?');
    if (EVERYDAY.has(slug)) return new RegExp(`\\b${plain}\\.(com|io)\\b`, 'i');
    const member = `|[\\w.]\\.${plain}\\b`;
    return words.includes(slug)
      ? new RegExp(`['"\`]${plain}['"\`]|\\b${plain}\\.(ai|com|io)\\b${member}`, 'i')
      : new RegExp(`(?<![a-z])${plain}(?![a-z])`, 'i');
  });
  return {
    name: "no integration's name outside catalog/",
    check: ({ path, text }) => {
      if (isTest(path) || !/^(server|contract|sdk|web)\/src\//.test(path)) return [];
      // Sentences that give an example are documentation, as comments are.
      const stripped = code(text).replaceAll(
        /\.describe\(\s*(['"`])[\s\S]*?\1\s*,?\s*\)|placeholder="[^"]*"/g,
        ' ',
      );
      return patterns.flatMap((pattern) => {
        if (isNoticesPlace(path) && pattern.test('slack')) return [];
        const found = pattern.exec(stripped)?.[0];
        return found ? [`names an integration: ${found}`] : [];
      });
    },
  };
}

/** Notices go to people at one of the tools that can be connected, too: there it is a kind of channel, not an integration. */
const isNoticesPlace = (path: string) => /\bnot(ices?|ifications?)\b/.test(path.replaceAll('-', '/'));

/** A hash of what a caller sends, held against one of what the same caller sent before: nobody guesses at it. Nor does the operator. */
const comparesOwn = new Set(['server/src/workspaces/idempotency.ts']);

const constantTime: Rule = {
  name: 'what proves who somebody is, is compared in constant time',
  check: ({ path, text }) => {
    if (!isServer(path) || isTest(path) || comparesOwn.has(path) || isCompose(path)) return [];
    const proof = '\\w*(?:[hH]ash|[sS]ignature|[sS]ecret|[dD]igest|[nN]once|[mM]ac)';
    const pattern = new RegExp(
      `\\b${proof}\\s*[!=]==?\\s*(?!null\\b|undefined\\b|['"\`])[\\w.]+|[!=]==?\\s*(?:\\w+\\.)*${proof}\\b(?![\\w.(])`,
      'g',
    );
    return [...code(text).matchAll(pattern)].map(([found]) => `compares ${found.trim()}`);
  },
};

export const rules: Rule[] = [
  directions,
  packages,
  features,
  database,
  stores,
  vaultDoor,
  environment,
  framework,
  network,
  barrels,
  apart,
  names,
  constantTime,
];

export function violations(files: SourceFile[], checked: Rule[]): Violation[] {
  return checked.flatMap((rule) =>
    files.flatMap((file) =>
      rule.check(file).map((message) => ({ path: file.path, message: `${message} (${rule.name})` })),
    ),
  );
}

/** The server's own files that a server file (no test) imports, as paths from the root. */
function serverImports(file: SourceFile): string[] {
  return isServer(file.path) && !isTest(file.path) ? imports(file).filter(isServer) : [];
}

/** Everything a file imports: our own as paths from the root, packages by name. */
function imports(file: SourceFile): string[] {
  const pattern =
    /\b(?:import|export)\s[^'";]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|\bimport\s*['"]([^'"]+)['"]/g;
  return [...withoutComments(file.text).matchAll(pattern)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .map((target) => (target.startsWith('.') ? posix.join(posix.dirname(file.path), target) : target));
}

function code(text: string): string {
  return withoutComments(text);
}

/** Blanks comments out; quotes are respected, so that `//` in an address begins none. */
function withoutComments(text: string): string {
  return text.replaceAll(
    /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (part) => (part.startsWith('/*') || part.startsWith('//') ? ' ' : part),
  );
}
