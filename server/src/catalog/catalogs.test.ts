import { expect, test } from 'vitest';
import { finder } from '../../test/finder.ts';
import { createCatalog } from './catalog.ts';
import { createCatalogs } from './catalogs.ts';
import { definitionSchema } from './definition.ts';

const made = (slug: string, name: string) =>
  definitionSchema.parse({ ...finder('https://api.example.com', []), slug, name });
const readyMade = createCatalog([made('finder', 'Finder')], []);

test('a workspace sees what is ready-made and its own, and nothing of another', async () => {
  const own: Record<string, ReturnType<typeof made>[]> = { one: [made('custom-crm', 'Our CRM')] };
  const catalogs = createCatalogs({ readyMade, own: async (id) => own[id] ?? [] });
  const one = await catalogs.of('one');
  expect(one.list().map(({ name }) => name)).toEqual(['Finder', 'Our CRM']);
  expect(one.search('crm')[0]?.slug).toBe('custom-crm');
  expect((await catalogs.of('two')).get('custom-crm')).toBeUndefined();
  expect(await catalogs.of('two')).toBe(readyMade);
});

test('what is kept is read once by many who ask at once, and again after somebody says it changed', async () => {
  let reads = 0;
  const own = async () => {
    reads += 1;
    return [];
  };
  const catalogs = createCatalogs({ readyMade, own });
  await Promise.all([catalogs.of('one'), catalogs.of('one'), catalogs.of('one')]);
  expect(reads).toBe(1);
  catalogs.forget('two');
  await catalogs.of('one');
  expect(reads).toBe(1);
  catalogs.forget('one');
  await catalogs.of('one');
  catalogs.forget(null);
  await catalogs.of('one');
  expect(reads).toBe(3);
});

test('what was read before a change is not kept although the reading ends after it', async () => {
  const answers: (() => void)[] = [];
  const versions = ['Old', 'New'];
  const own = () => {
    const name = versions.shift() ?? 'Newest';
    return new Promise<ReturnType<typeof made>[]>((resolve) => {
      answers.push(() => resolve([made('custom-crm', name)]));
    });
  };
  const catalogs = createCatalogs({ readyMade, own });
  const early = catalogs.of('one');
  catalogs.forget('one');
  const late = catalogs.of('one');
  answers[1]?.();
  answers[0]?.();
  expect((await early).get('custom-crm')?.name).toBe('Old');
  expect((await late).get('custom-crm')?.name).toBe('New');
  expect((await catalogs.of('one')).get('custom-crm')?.name).toBe('New');
});

test('a failure is not kept, and no more is kept than said', async () => {
  const reads: string[] = [];
  const own = async (id: string) => {
    reads.push(id);
    if (reads.length === 1) throw new Error('the database is away');
    return [];
  };
  const catalogs = createCatalogs({ readyMade, own }, 2);
  await expect(catalogs.of('one')).rejects.toThrow('away');
  await catalogs.of('one');
  await catalogs.of('two');
  await catalogs.of('one');
  await catalogs.of('three');
  await catalogs.of('one');
  await catalogs.of('two');
  expect(reads).toEqual(['one', 'one', 'two', 'three', 'two']);
});

test('what is ready-made is neither read nor copied for a workspace, and its own stand among it by name', async () => {
  const many = createCatalog(
    ['Alpha', 'Mike', 'Zulu'].map((name) => made(name.toLowerCase(), name)),
    [],
  );
  const unread = {
    ...many,
    get: () => {
      throw new Error('a definition was read');
    },
  };
  const own = [made('custom-yankee', 'Yankee'), made('custom-aa', 'Aa'), made('custom-mike', 'Mike')];
  const catalog = await createCatalogs({ readyMade: unread, own: async () => own }).of('one');
  expect(catalog.list().map(({ slug }) => slug)).toEqual([
    'custom-aa',
    'alpha',
    'mike',
    'custom-mike',
    'custom-yankee',
    'zulu',
  ]);
  expect(catalog.list()[1]).toBe(many.list()[0]);
  expect(catalog.search('mik').map(({ slug }) => slug)).toEqual(['mike', 'custom-mike']);
  expect(catalog.entry('zulu')).toBe(many.entry('zulu'));
  expect(catalog.get('custom-aa')?.name).toBe('Aa');
  expect(() => catalog.get('zulu')).toThrow('read');
});
