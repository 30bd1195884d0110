import { describe, expect, test } from 'vitest';
import { workMs } from '../../../test/growth.ts';
import { GOOD } from '../file-under-test.ts';
import { readDefinition } from '../files/read-definition.ts';

function problemsIn(text: string): string[] {
  return readDefinition('acme.yaml', text).problems.map((one) => `${one.line} ${one.message}`);
}
function changed(from: string, to: string): string[] {
  expect(GOOD).toContain(from);
  return problemsIn(GOOD.replace(from, () => to));
}

describe('a template that reaches outside', () => {
  const signIn = (line: string) =>
    GOOD.replace(
      /auth:\n[\s\S]*?probe:/,
      `auth:
  - type: oauth2
    authorize_url: https://acme.example/authorize
    token_url: https://acme.example/token
    ${line}
probe:`,
    );
  const account = (line: string) =>
    GOOD.replace(
      /auth:\n[\s\S]*?probe:/,
      `auth:
  - type: oauth2_client_credentials
    fields:
      - { name: client_id, label: Id, secret: false }
      - { name: client_secret, label: Secret }
    token_url: https://acme.example/token
    ${line}
probe:`,
    );
  test.each([
    ['authorize_params', signIn('authorize_params: { hint: "{email}" }'), 13],
    ['token_params of a sign-in', signIn('token_params: { hint: "{email}" }'), 13],
    ['token_headers', signIn('token_headers: { X-Hint: "{email}" }'), 13],
    ['token_query', signIn('token_query: { hint: "{email}" }'), 13],
    ['refresh_params', signIn('refresh_params: { hint: "{email}" }'), 13],
    ['callback_match', signIn('callback_match: { server: "https://{email}" }'), 13],
    ['revoke_params', signIn('revoke_params: { hint: "{email}" }'), 13],
    ['revoke_headers', signIn('revoke_headers: { X-Hint: "{email}" }'), 13],
    ['revoke_url', signIn('revoke_url: https://acme.example/{email}'), 13],
    ['refresh_url', signIn('refresh_url: https://acme.example/{email}'), 13],
    ['send', signIn('send: [{ in: header, name: A, value: "{email}" }]'), 13],
    ['token_params', account('token_params: { hint: "{email}" }'), 15],
    ['base_url of a method', account('base_url: "https://{email}.acme.example"'), 15],
    ['default_headers', `${GOOD}default_headers: { X-Hint: "{email}" }\n`, 30],
    ['a query', GOOD.replace('path: /me }', 'path: /me, query: { q: "{email}" } }'), 16],
    ['a header', GOOD.replace('path: /me }', 'path: /me, headers: { X-Q: "{email}" } }'), 16],
    [
      'a body',
      GOOD.replace('method: GET, path: /me }', 'method: POST, path: /me, body: { a: [{ b: "{email}" }] } }'),
      16,
    ],
    [
      'a form',
      GOOD.replace('method: GET, path: /me }', 'method: POST, path: /me, form: { a: "{email}" } }'),
      16,
    ],
    [
      'variables',
      GOOD.replace(
        'method: GET, path: /me }',
        'method: POST, path: /me, graphql: { query: "{ me }", variables: { a: "{email}" } } }',
      ),
      16,
    ],
  ])('in %s is refused at its line', (_, text, line) => {
    expect(problemsIn(text)).toEqual([
      expect.stringMatching(`^${line} There is no {email} here. Declare it, or correct the name(;|.$)`),
    ]);
  });
});

describe('an address inside this machine or its network', () => {
  test.each([
    'https://crm.internal',
    'https://nas.local/api',
    'http://printer.lan',
    'https://router.home.arpa',
    'https://intranet/api',
    'http://LOCALHOST.',
    'http://localhost6',
    'https://[fe80::1]',
    'https://[fd00::1]:8443',
    'https://[::ffff:10.0.0.1]',
    'https://0177.0.0.1',
    'https://192.168.257',
    'https://3232235777/x',
    'https://198.18.0.1',
    'https://metadata.goog',
    'http://instance-data.ec2.internal',
  ])('%s is refused as base_url', (address) => {
    expect(changed('https://api.acme.example/v1', address).join()).toMatch(
      /^8 The address .* is inside this machine or its network/,
    );
  });

  test.each([['"https://{region}.internal"'], ['"http://10.0.0.{region}"']])(
    '%s is refused, whatever fills its place',
    (address) => {
      const text = GOOD.replace('https://api.acme.example/v1', address).concat(
        'connection_fields: [{ name: region, label: Region }]\n',
      );
      expect(problemsIn(text).join()).toMatch(/^8 The address .* is inside this machine or its network/);
    },
  );

  test.each([
    ['token_url', 12],
    ['authorize_url', 11],
    ['refresh_url', 13],
    ['revoke_url', 13],
  ])('is refused as %s', (name, line) => {
    const addresses: Record<string, string> = {
      authorize_url: 'https://acme.example/authorize',
      token_url: 'https://acme.example/token',
      [name]: 'http://169.254.169.254/latest',
    };
    const lines = Object.entries(addresses).map(([key, value]) => `    ${key}: ${value}`);
    const text = GOOD.replace(
      /auth:\n[\s\S]*?probe:/,
      `auth:\n  - type: oauth2\n${lines.join('\n')}\nprobe:`,
    );
    expect(problemsIn(text)).toEqual([
      `${line} The address 169.254.169.254 is inside this machine or its network. Only the operator can allow it, with KEYRAIL_ALLOWED_PRIVATE_HOSTS.`,
    ]);
  });

  test('is refused for a check, a method and an action of another address', () => {
    const inside = 'https://127.0.0.1';
    expect(
      changed(
        '  request: { method: GET, path: /me }',
        `  base_url: ${inside}\n  request: { method: GET, path: /me }`,
      )[0],
    ).toMatch(/^16 The address/);
    expect(changed('  - type: api_key', `  - type: api_key\n    base_url: ${inside}`)[0]).toMatch(
      /^11 The address/,
    );
    expect(changed('    primary: true', `    primary: true\n    base_url: ${inside}`)[0]).toMatch(
      /^22 The address/,
    );
  });

  test('a name of a network is taken where the operator allows a private address at its port', () => {
    const text = GOOD.replace('https://api.acme.example/v1', 'https://crm.internal');
    expect(readDefinition('acme.yaml', text, 'user', ['10.0.0.5:443']).problems).toEqual([]);
    expect(readDefinition('acme.yaml', text, 'user', ['10.0.0.5:8443']).problems).toHaveLength(1);
    const metadata = GOOD.replace('https://api.acme.example/v1', 'https://metadata.google.internal');
    expect(readDefinition('acme.yaml', metadata, 'user', ['10.0.0.5:443']).problems).toHaveLength(1);
  });
});

describe('an address without encryption', () => {
  test.each([
    ['http://api.acme.example'],
    ['http://93.184.215.14'],
    ['http://{region}.acme.example'],
    ['"http://{region}"'],
    ['HTTP://api.acme.example'],
  ])('%s is refused at its line', (address) => {
    const text = GOOD.replace('https://api.acme.example/v1', address);
    expect(problemsIn(`${text}connection_fields: [{ name: region, label: Region }]\n`)).toEqual([
      expect.stringMatching(/^8 What is sent to an address with http:/),
    ]);
  });

  test('is refused for an action, too', () => {
    const inAction = GOOD.replace(
      '    primary: true',
      '    primary: true\n    base_url: http://acme.example',
    );
    expect(problemsIn(inAction)).toEqual([
      expect.stringMatching(/^22 What is sent to an address with http:/),
    ]);
  });

  test('is taken where the operator allows what is inside the network at its port, of addresses the very one', () => {
    const at = (address: string) => GOOD.replace('https://api.acme.example/v1', address);
    const allowed = ['10.0.0.5:8080'];
    for (const [address, problems] of [
      ['http://10.0.0.5:8080', 0],
      ['http://crm.acme.example:8080', 0],
      ['http://crm.acme.example', 1],
      ['http://93.184.215.14:8080', 1],
    ] as const)
      expect(readDefinition('acme.yaml', at(address), 'user', allowed).problems, address).toHaveLength(
        problems,
      );
  });
});

describe('a link for people', () => {
  const signIn = (more: string) =>
    GOOD.replace(
      / {2}- type: api_key[\s\S]*?(?=probe:)/,
      `  - { type: oauth2, authorize_url: https://acme.example/a, token_url: https://acme.example/t, ${more} }\n`,
    );
  test.each([
    'javascript:alert(1)',
    '"\\tJavaScript:alert(1)"',
    '"data:text/html;base64,PHg"',
    'file:///etc/passwd',
  ])('%s is refused as a page, wherever one is named', (address) => {
    for (const text of [
      GOOD.replace('homepage: https://acme.example', `homepage: ${address}`),
      GOOD.replace('docs_url: https://acme.example/docs', `docs_url: ${address}`),
      GOOD.replace('    send:\n', `    key_help: { location: X, url: ${address} }\n    send:\n`),
      GOOD.replace('    primary: true\n', `    primary: true\n    docs_url: ${address}\n`),
      signIn(`register_url: ${address}`),
      signIn(`remove_url: ${address}`),
      signIn('').replace('https://acme.example/a,', `${address},`),
    ]) {
      expect(text).toContain(address);
      expect(problemsIn(text)).toHaveLength(1);
    }
  });
});

describe('a key that is not said to be secret', () => {
  const method = (text: string) =>
    problemsIn(GOOD.replace(/ {2}- type: api_key[\s\S]*?(?=probe:)/, `${text}\n`));
  const basic = (fields: string, username: string, password: string) =>
    method(
      `  - type: basic\n    fields: [${fields}]\n    username: "${username}"\n    password: "${password}"`,
    );
  const key = (fields: string) => {
    const names = [...fields.matchAll(/name: (\w+)/g)].map(([, name]) => name);
    const send = names.map((name) => `{ in: header, name: X-${name}, value: "{${name}}" }`);
    return method(`  - type: api_key\n    fields: [${fields}]\n    send: [${send.join(', ')}]`);
  };
  const shown = (name: string) => `{ name: ${name}, label: L, secret: false }`;
  const secret = (name: string) => `{ name: ${name}, label: L }`;

  test('is refused at its line: alone, as a password, by what it is called, and as the only half of a pair', () => {
    for (const [problems, expected] of [
      [key(shown('pat')), /^11 Nothing that this method sends is secret/],
      [basic(shown('pat'), '{pat}', 'X'), /^11 Nothing that this method sends is secret/],
      [key(shown('api_key')), /^11 "api_key" is what authenticates/],
      [key(`${shown('api_token')}, ${secret('email')}`), /^11 "api_token" is what authenticates/],
      [key(`${shown('api_key')}, ${secret('email')}`), /^11 "api_key" is what authenticates/],
      [basic(`${secret('email')}, ${shown('pin')}`, '{email}', '{pin}'), /^11 "pin" is what authenticates/],
    ] as const)
      expect(problems).toEqual([expect.stringMatching(expected)]);
  });

  test('is taken where it is no key: what stands beside one, and the public half of a pair', () => {
    for (const problems of [
      key(`${shown('email')}, ${secret('api_key')}`),
      key(`${shown('consumer_key')}, ${secret('consumer_secret')}`),
      basic(`${shown('access_key')}, ${secret('access_key_secret')}`, '{access_key}', '{access_key_secret}'),
      basic(secret('api_key'), '{api_key}', 'X'),
    ])
      expect(problems).toEqual([]);
  });
});

describe('a name that every object has something of', () => {
  const named = (more: string) => `${GOOD}${more}\n`;
  test.each([
    ['a connection field', named('connection_fields: [{ name: constructor, label: Team }]')],
    [
      'a credential field',
      GOOD.replace(
        'label: API key }',
        'label: API key }\n      - { name: constructor, label: Team, required: false, secret: false }',
      ),
    ],
    [
      'an input',
      GOOD.replace(
        'required: true }',
        'required: true }\n      - { name: constructor, label: Team, type: text }',
      ),
    ],
    ['an output', GOOD.replace('name: id,', 'name: constructor,')],
  ])('is none for %s', (_, text) => {
    expect(problemsIn(text)).toEqual([
      expect.stringContaining(' There can be no field called "constructor".'),
    ]);
  });

  test('is one for a tool, a way to connect, an action, headers and parameters', () => {
    const text = GOOD.replace('slug: acme', 'slug: constructor')
      .replace('type: api_key', 'type: api_key\n    id: constructor')
      .replace('name: X-Key', 'name: constructor')
      .replace('name: find', 'name: constructor')
      .replace('"/find/{email}" }', '"/find/{email}", query: { toString: "{email}", valueOf: x } }');
    expect(readDefinition('constructor.yaml', text).problems).toEqual([]);
  });
});

describe('a text', () => {
  test.each([
    [
      'with a name nobody may use',
      GOOD.replace('category: Data', '__proto__: { slug: evil }'),
      '3 There can be no field of this name.',
    ],
    [
      'with such a name further in',
      GOOD.replace('name: X-Key', 'name: X-Key, __proto__: x'),
      '14 There can be no field of this name.',
    ],
    [
      'with a name twice in a flow',
      GOOD.replace('name: X-Key', 'name: X-Key, name: Y'),
      '14 The field "name" is there twice.',
    ],
    [
      'with a tab',
      GOOD.replace('  - type: api_key', '\t- type: api_key'),
      '10 This is not valid YAML: a tab stands where spaces belong. Indent with spaces.',
    ],
    [
      'with a control character',
      GOOD.replace('name: Acme', 'name: "Ac\\eme"'),
      '2 There is a control character in this text.',
    ],
    [
      'with a tag of another language',
      GOOD.replace('name: Acme', 'name: !!js/function x'),
      '2 This is not valid YAML: Unresolved tag: tag:yaml.org,2002:js/function',
    ],
    [
      'with a colon in it',
      GOOD.replace('name: Acme', 'name: Acme: the tool'),
      '2 This is not valid YAML: a text with a colon and a space in it stands in quotation marks. Where it has none, this line or the next begins in a wrong column.',
    ],
    [
      'with a colour that is a comment',
      GOOD.replace(/"(#[0-9A-Fa-f]{6})"/, '$1'),
      '8 This is not valid YAML: a bracket before this is not closed with }. A text with # in it, such as a colour, stands in quotation marks: # begins a comment.',
    ],
    [
      'with a quotation mark left open',
      GOOD.replace('name: Acme', 'name: "Acme'),
      '2 This is not valid YAML: the quotation mark that opens here, or before, is not closed. Close it on its line.',
    ],
    [
      'with a path of Windows',
      GOOD.replace('path: /me', 'path: "\\me"'),
      String.raw`16 This is not valid YAML: inside of "…", a backslash is written \\. Put the text in '…' to write it once.`,
    ],
    [
      'with a line in another column than those beside it',
      GOOD.replace('    fields:', '   fields:'),
      '11 This is not valid YAML: this line begins in another column than those that belong together with it. Give all of them the same number of spaces.',
    ],
    [
      'with a kind of method that there is not',
      GOOD.replace('type: api_key', 'type: apikey'),
      '10 "type" must be one of: api_key, basic, oauth2, oauth2_client_credentials, service_account, certificate, none.',
    ],
    [
      'with a day written otherwise',
      GOOD.replace(/checked: .*/, 'checked: 21.11.2026'),
      '29 "checked" is not right: write the day as 2026-11-21.',
    ],
    [
      'with a name that is too long',
      GOOD.replace('name: Acme', `name: ${'A'.repeat(61)}`),
      '2 "name" must have at most 60 characters.',
    ],
    [
      'with nothing said of it',
      GOOD.replace(/description: .*/, 'description: ""'),
      '4 "description" must not be empty.',
    ],
    ['with a list for a name', GOOD.replace('category: Data', '? [a]\n: b'), '3 A name must be a text.'],
    [
      'that refers to what is not there',
      GOOD.replace('category: Data', 'category: *other'),
      '1 The file refers (*) to something it does not name (&). Write it out.',
    ],
    [
      'of two documents',
      `${GOOD}---\n${GOOD}`,
      '30 This is not valid YAML: a file describes one integration; something follows after --- here. Put it into a file of its own.',
    ],
    [
      'that is a list',
      '- slug: acme',
      '1 The file must be names with values, each on a line of its own: "slug: acme".',
    ],
    [
      'that merges fields',
      GOOD.replace('primary: true', 'primary: true\n    <<: { per_row: false }'),
      '22 Fields are not merged (<<): write them out. A whole value can be named (&) and repeated (*).',
    ],
    ['that is empty', '', '1 The file is empty. CONTRIBUTING.md has a whole one to begin with.'],
    [
      'nested without end',
      `${GOOD}oddities: ${'['.repeat(20_000)}${']'.repeat(20_000)}`,
      '30 The file is nested too deeply.',
    ],
    [
      'that holds itself',
      GOOD.replace('method: GET, path: /me }', 'method: POST, path: /me, body: &a [*a] }'),
      '1 The file is nested too deeply, or refers to itself.',
    ],
  ])('%s is refused at its line', (_, text, expected) => {
    expect(problemsIn(text)).toContain(expected);
  });

  test('that is no YAML is told its first mistake, and not what follows from it', () => {
    expect(changed('  - type: api_key', '\t- type: api_key')).toHaveLength(1);
    expect(changed('    fields:', '   fields:')).toHaveLength(1);
  });

  test('that unfolds to gigabytes is refused', () => {
    const names = 'abcdefghij'.split('');
    const lines = names.map(
      (name, at) =>
        `  ${name}: &${name} [${Array(9)
          .fill(at === 0 ? 'x' : `*${names[at - 1]}`)
          .join(',')}]`,
    );
    expect(
      changed(
        'method: GET, path: /me }',
        `method: POST, path: /me, body: {} }\nexamples:\n${lines.join('\n')}`,
      ),
    ).toEqual(['1 The file refers to itself (&, *) too often. Write it out.']);
  });

  test('of forty thousand names is told in a moment what is wrong, and at most twenty of it', () => {
    const text = GOOD + Array.from({ length: 20_000 }, (_, at) => `k${at}:`).join('\n');
    let told: string[] = [];
    expect(
      workMs(() => {
        told = problemsIn(text);
      }),
    ).toBeLessThan(5_000);
    expect(told).toHaveLength(21);
    expect(told[0]).toBe(
      '30 There is no field "k0" here. Remove it, or correct its name or how far it is indented.',
    );
    expect(told.at(-1)).toBe('1 There are 19980 more problems in this file.');
  });

  test('is quoted without what would write in a terminal, and not at length', () => {
    expect(problemsIn(`${GOOD}"\\u202e\\u2028x": 1`)[0]).toBe(
      '30 There is no field "\\u{202e}\\u{2028}x" here. Remove it, or correct its name or how far it is indented.',
    );
    expect(problemsIn(`${GOOD}${'y'.repeat(5_000)}: 1`)[0]?.length).toBeLessThan(500);
  });

  test('with a byte order mark and with lines of Windows is read as any other', () => {
    expect(problemsIn(`\uFEFF${GOOD.replaceAll('\n', '\r\n')}`)).toEqual([]);
  });
});
