import type { Action, AuthMethod, CredentialField, Integration } from '@keyrail/contract/integrations';
import { bullets, code, codeList, joined, link, table, text } from './markdown.ts';

/** The document of one integration: what its page in the app says, as Markdown. `file` is the one it is made from. */
export function integrationPage(tool: Integration, file: string): string {
  const facts = [
    text(tool.category),
    link('Homepage', tool.homepage),
    ...(tool.docs_url === null ? [] : [link('API documentation', tool.docs_url)]),
    `\`${tool.slug}\``,
  ];
  return `${[
    `<!-- Made from catalog/${file} by npm run docs:integrations. Change that file, not this one. -->`,
    `# ${text(tool.name)}`,
    text(tool.description),
    facts.join(' · '),
    tool.auth_methods.length > 1 ? '## Ways to connect' : '## Connect it',
    ...fieldsForAll(tool),
    ...tool.auth_methods.flatMap((method) => methodPart(tool, method)),
    '## What it can do',
    ...actionsPart(tool),
    '## Limits',
    tool.limits.length > 0
      ? bullets(tool.limits.map(text))
      : `The catalog names no limits of ${text(tool.name)}. Where it says “too many requests”, calls wait and go on by themselves.`,
    ...(tool.oddities.length > 0 ? ['## Known oddities', bullets(tool.oddities.map(text))] : []),
    '## Sources',
    bullets(tool.sources.map(({ at, url, for: of }) => sourceLine(at, url, of))),
    `Last compared on ${tool.checked}.`,
  ].join('\n\n')}\n`;
}

/** What the parts of a source are called where people read. */
const PARTS: Record<Integration['sources'][number]['for'][number], string> = {
  auth: 'credentials',
  sign_in: 'signing in',
  probe: 'the check',
  answers: 'what answers mean',
  limits: 'limits',
  actions: 'actions',
};

function sourceLine(at: string, url: string | null, of: (keyof typeof PARTS)[]): string {
  const name = url === null ? text(at) : link(at.replace(/^https?:\/\//, ''), url);
  return of.length === 0 ? name : `${name}: ${joined(of.map((part) => PARTS[part]))}`;
}

function fieldsForAll(tool: Integration): string[] {
  if (tool.connection_fields.length === 0) return [];
  return [
    tool.auth_methods.length > 1 ? 'With each way you enter:' : 'You enter first:',
    bullets(tool.connection_fields.map((field) => fieldLine(field))),
  ];
}

function methodPart(tool: Integration, method: AuthMethod): string[] {
  const where = [
    method.key_location === null ? '' : `**${text(method.key_location)}**.`,
    text(method.key_hint ?? ''),
    method.key_url === null ? '' : link('Open it', method.key_url),
  ].filter(Boolean);
  const lines = [
    ...(where.length === 0 ? [] : [`Where it is found: ${where.join(' ')}`]),
    ...(method.check === null
      ? method.kind === 'none'
        ? []
        : [`${text(tool.name)} offers no way to check it before it is used.`]
      : [checkLine(method.check)]),
    ...method.facts.map(text),
    ...(method.rotation_help === null ? [] : [`To replace it: ${text(method.rotation_help)}`]),
  ];
  return [
    `### ${text(method.label)}`,
    ...(method.when_to_use === null ? [] : [text(method.when_to_use)]),
    ...(method.fields.length === 0
      ? []
      : ['You enter:', bullets(method.fields.map((field) => fieldLine(field, method.key_hint)))]),
    ...setupPart(method),
    ...(lines.length === 0 ? [] : [method.fields.length > 0 ? 'Good to know:' : '', bullets(lines)]),
    ...scopesPart(method),
  ].filter(Boolean);
}

function checkLine({ request, note, tells }: NonNullable<AuthMethod['check']>): string {
  const told = tells.length === 0 ? '' : `, which tells ${joined(tells.map((one) => TOLD[one]))}`;
  return `Checked with \`${code(request)}\`${told}.${note === null ? '' : ` ${text(note)}`}`;
}

const TOLD = {
  account: 'whose account it is',
  plan: 'its plan',
  credits: 'what credits are left',
  scopes: 'what is allowed',
};

/** What stands a line below is not said twice. */
function fieldLine(field: CredentialField, saidBelow?: string | null): string {
  const about = [
    field.is_secret ? 'secret' : null,
    field.is_required ? null : 'optional',
    field.is_listed ? 'chosen from a list' : null,
    field.choices === null ? null : `one of ${field.choices.map(({ label }) => text(label)).join(', ')}`,
  ].filter(Boolean);
  // Of a choice the words are named; an example would be what stands behind one of them.
  const example =
    field.example === null || field.choices !== null ? '' : ` For example \`${code(field.example)}\`.`;
  const help = field.help === null || field.help === saidBelow ? '' : ` ${text(field.help)}`;
  const name = `**${text(field.label)}**${about.length === 0 ? '' : ` (${about.join(', ')})`}`;
  return help + example === '' ? name : `${name}:${help}${example}`;
}

function setupPart({ setup }: AuthMethod): string[] {
  if (setup === null) return [];
  const where = setup.register_url === null ? '' : ` ${link('Register an app', setup.register_url)}.`;
  return [
    `Needs once a sign-in setup: client ID and client secret of an app that is registered there.${where}${setup.note === null ? '' : ` ${text(setup.note)}`}`,
    `Its redirect URI is \`${setup.redirect_uri}\`, with the address of your own server.`,
  ];
}

function scopesPart({ scopes }: AuthMethod): string[] {
  if (scopes.length === 0) return [];
  const rows = scopes.map(({ name, description, is_optional }) => [
    `\`${code(name)}\``,
    text(description ?? ''),
    is_optional ? 'if you choose it' : 'always',
  ]);
  return ['What is asked for:', table(['Scope', 'Allows', 'Asked for'], rows)];
}

function actionsPart(tool: Integration): string[] {
  if (tool.actions.length === 0)
    return [
      `There is no ready-made action yet. Your own code can call it: \`/v1/proxy/${tool.slug}/…\` adds the credential.`,
    ];
  return tool.actions.flatMap(actionPart);
}

function actionPart(action: Action): string[] {
  const inputs = action.inputs.map((input) => [
    text(input.label),
    text([input.help, input.choices && `One of ${input.choices.join(', ')}.`].filter(Boolean).join(' ')),
    input.example === null ? '' : `\`${code(input.example)}\``,
    input.is_required ? 'yes' : '',
  ]);
  const label = (name: string) => action.inputs.find((input) => input.name === name)?.label ?? name;
  const sets = action.one_of.map((set) => set.map((name) => text(label(name))).join(' + '));
  return [
    `### ${text(action.label)}`,
    `${text(action.description ?? '')} \`${code(action.request)}\``.trim(),
    ...(inputs.length === 0 ? [] : [table(['Goes in', '', 'Example', 'Needed'], inputs)]),
    ...(sets.length === 0 ? [] : [`At least: ${sets.join(', or ')}.`]),
    `Comes out: ${action.outputs.map((one) => (one.is_primary ? `**${text(one.label)}**` : text(one.label))).join(', ')}.`,
    bullets([
      ...action.facts.map(text),
      ...(action.docs_url === null ? [] : [link('Its documentation', action.docs_url)]),
    ]),
  ];
}

/** The list of all, by category. */
export function integrationsIndex(tools: readonly Integration[]): string {
  const categories = [...new Set(tools.map(({ category }) => category))].sort((a, b) =>
    a.localeCompare(b, 'en'),
  );
  return `${[
    '<!-- Made from the files in catalog/ by npm run docs:integrations. Change those, not this one. -->',
    '# Integrations',
    `${tools.length} tools that Keyrail can connect, each described by one file in \`catalog/\`. [CONTRIBUTING.md](../../CONTRIBUTING.md#add-an-integration) says how to add one; what is not here can be described in the app, too (“Make a custom connection”).`,
    bullets(
      categories.map((category) => {
        const size = tools.filter((tool) => tool.category === category).length;
        return `${link(
          category,
          `#${category
            .toLowerCase()
            .replace(/[^a-z0-9 -]/g, '')
            .replaceAll(' ', '-')}`,
        )} (${size})`;
      }),
    ),
    ...categories.flatMap((category) => [
      `## ${text(category)}`,
      table(
        ['', 'Connects with', 'Actions'],
        tools
          .filter((tool) => tool.category === category)
          .map((tool) => [
            link(tool.name, `${tool.slug}.md`),
            codeList(tool.auth_methods.map(({ label }) => label)),
            text(tool.actions.map(({ label }) => label).join(', ')),
          ]),
      ),
    ]),
  ].join('\n\n')}\n`;
}
