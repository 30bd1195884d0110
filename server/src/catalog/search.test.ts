import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { catalogFolder } from './built-in.ts';
import { loadCatalog } from './load.ts';
import { actionsFound, searchIntegrations } from './search.ts';

const catalog = await loadCatalog({ builtIn: catalogFolder });
const found = (text: string) => catalog.search(text).map((one) => one.slug);

test.each([
  ['hunter'],
  ['HUNTER'],
  ['Hunter.io'],
  ['hunter io'],
  ['hunterio'],
  ['  hunter  '],
  ['h u n t e r'],
  ['hun'],
  ['hunetr'],
  ['huntr'],
  ['hunterr'],
  ['huntwr'],
  ['hünter'],
  ['hunter-io'],
])('"%s" finds Hunter first', (text) => {
  expect(found(text)[0]).toBe('hunter');
});

test.each([
  ['smart lead', 'smartlead'],
  ['smatrlead', 'smartlead'],
  ['instatly', 'instantly'],
  ['hey reach', 'heyreach'],
  ['heyraech', 'heyreach'],
  ['better enrich', 'betterenrich'],
  ['betterenich', 'betterenrich'],
  ['apolo', 'apollo'],
  ['linkedin', 'linkedin'],
  ['linkedin outreach', 'heyreach'],
  ['mobile phone', 'betterenrich'],
  ['pdl', 'people-data-labs'],
  ['people data lab', 'people-data-labs'],
  ['find my mail', 'findymail'],
  ['lead magic', 'leadmagic'],
  ['full enrich', 'fullenrich'],
  ['waterfall enrichment', 'fullenrich'],
  ['drop contact', 'dropcontact'],
  ['zero bounce', 'zerobounce'],
  ['nevr bounce', 'neverbounce'],
  ['lem list', 'lemlist'],
  ['replyio', 'reply-io'],
  ['reply.io', 'reply-io'],
  ['linked in sales', 'linkedin'],
  ['gcal', 'google-calendar'],
  ['o365', 'microsoft-graph'],
  ['excel', 'microsoft-graph'],
  ['fb ads', 'facebook'],
  ['x', 'x-twitter'],
  ['chat gpt', 'openai'],
  ['qb online', 'quickbooks'],
  ['stripe api key', 'stripe'],
  ['connect to slack', 'slack'],
])('"%s" finds %s first', (text, slug) => {
  expect(found(text)[0]).toBe(slug);
});

test.each([
  ['stripe.com', 'stripe'],
  ['zoom.us', 'zoom'],
  ['box.com', 'box'],
  ['app.hubspot.com', 'hubspot'],
  ['https://www.notion.com/pricing?x=1', 'notion'],
  ['freshdesk.com', 'freshdesk'],
  ['reply.io', 'reply-io'],
])('"%s" finds %s by where it is, and nothing by a part of that', (text, slug) => {
  expect(found(text)[0]).toBe(slug);
  expect(does(slug, text)).toEqual([]);
});

test('an address finds no tool that only has its documentation there', () => {
  expect(found('github.com')).toEqual(['github']);
});

test('what is found as it was written stands alone, without what a typo might have meant', () => {
  expect(found('gmail')).toEqual(['gmail']);
  expect(found('segment')).toEqual(['segment']);
});

test('what a tool does is found by the words of its description, and a few letters with a typo are not taken for anything', () => {
  expect(found('phone number')).toEqual(expect.arrayContaining(['betterenrich', 'twilio']));
  expect(found('mobile numbers')).toEqual(expect.arrayContaining(['leadmagic', 'prospeo']));
  expect(found('deepl')).toEqual([]);
  expect(found('zoom info')).toEqual([]);
});

test('a category finds all that are in it', () => {
  const inIt = catalog.search('').filter((one) => one.category === 'Outreach');
  expect(inIt.map((one) => one.slug)).toEqual(expect.arrayContaining(['heyreach', 'instantly', 'smartlead']));
  expect(found('outreach')).toEqual(expect.arrayContaining(inIt.map((one) => one.slug)));
});

test('an empty text gives all by name, and a text nothing fits gives none', () => {
  const files = readdirSync(catalogFolder).filter((name) => name.endsWith('.yaml'));
  expect(found('').sort()).toEqual(files.map((name) => name.replace('.yaml', '')).sort());
  const names = catalog.search('').map((one) => one.name);
  expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' })));
  expect(found('   ')).toHaveLength(files.length);
  expect(found('zzzzzz')).toEqual([]);
  expect(found('!!!')).toEqual([]);
});

test('a name that begins so comes before one that only contains it, and exact comes first', () => {
  const entry = (name: string) => ({
    slug: name.toLowerCase().replaceAll(' ', '-'),
    name,
    category: 'X',
    synonyms: [],
    sites: [],
    description: '',
    actions: [],
  });
  const list = ['Datagma', 'Google Data', 'Data', 'Metadata'].map(entry);
  expect(searchIntegrations(list, 'data').map((one) => one.name)).toEqual([
    'Data',
    'Datagma',
    'Google Data',
    'Metadata',
  ]);
});

const does = (slug: string, text: string) => {
  const entry = catalog.search(text).find((one) => one.slug === slug);
  return entry === undefined ? null : actionsFound(entry, text).map(({ label }) => label);
};

test.each([
  ['find email', 'hunter', ['Find email']],
  ['fnid email', 'hunter', ['Find email']],
  ['verify email', 'zerobounce', ['Verify email']],
  ['check an email address', 'zerobounce', ['Verify email']],
  ['create contact', 'hubspot', ['Create contact']],
  ['create contact', 'mailchimp', ['Add or update contact']],
  ['enrich company', 'apollo', ['Enrich company']],
  ['send a message', 'slack', ['Send message']],
  ['find phone number', 'datagma', ['Find phone']],
  ['hunter email', 'hunter', ['Find email', 'Verify email']],
])('"%s" finds %s by what it does, and says which action that is', (text, slug, labels) => {
  expect(does(slug, text)).toEqual(labels);
});

test('a tool that is found by its name is not said to be found by an action, and parts of two words are no word', () => {
  expect(does('hunter', 'hunter')).toEqual([]);
  expect(does('betterenrich', 'better enrich')).toEqual([]);
  expect(does('findymail', 'find email')).not.toContain('Verify email');
  expect(found('ecom')).not.toContain('apollo');
  expect(does('hunter', '')).toEqual([]);
});

test('a very long text is answered', () => {
  expect(found('x'.repeat(100_000))).toEqual([]);
});
