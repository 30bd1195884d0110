import { afterEach, expect, test, vi } from 'vitest';
import { allSaved, holdPage, letPageGo } from './unsaved.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

function openPage() {
  const page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  return { mayClose: () => page.dispatchEvent(new Event('beforeunload', { cancelable: true })) };
}

test('a page is not closed unasked before all of it is saved or refused, and what waits for that goes on then', async () => {
  const { mayClose } = openPage();
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const held = [holdPage(first.promise), holdPage(second.promise)];
  let isSaved = false;
  const waiting = allSaved().then(() => (isSaved = true));
  first.resolve('saved');
  expect(await held[0]).toBe('saved');
  expect([mayClose(), isSaved]).toEqual([false, false]);
  second.reject(new Error('refused'));
  await expect(held[1]).rejects.toThrow('refused');
  await waiting;
  expect(mayClose()).toBe(true);
});

test('a page whose session is over goes without being asked about', async () => {
  const { mayClose } = openPage();
  const saving = Promise.withResolvers<void>();
  const held = holdPage(saving.promise);
  letPageGo();
  expect(mayClose()).toBe(true);
  saving.resolve();
  await held;
});
