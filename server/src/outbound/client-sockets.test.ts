import type { Dispatcher } from 'undici';
import { expect, it } from 'vitest';
import { Secret } from '../lib/secret.ts';
import { clientCertificate, createClientSockets } from './client-sockets.ts';

function opened() {
  let now = 0;
  const open: string[] = [];
  const closed: string[] = [];
  const sockets = createClientSockets({
    clock: { now: () => new Date(now) },
    open: ({ client }) => {
      const name = client?.certificate ?? '';
      open.push(name);
      const close = async () => void closed.push(name);
      return { close, destroy: close } as unknown as Dispatcher;
    },
  });
  const use = (name: string) => sockets.for(clientCertificate(name, new Secret('key'), null));
  return { sockets, use, open, closed, move: (ms: number) => (now += ms) };
}

it('a pool is opened once for a certificate, and another one for each other certificate, key and authority', () => {
  const { use, open, sockets } = opened();
  expect(use('a')).toBe(use('a'));
  use('b');
  sockets.for(clientCertificate('a', new Secret('other key'), null));
  sockets.for(clientCertificate('a', new Secret('key'), 'an authority'));
  expect(open).toEqual(['a', 'b', 'a', 'a']);
});

it('of more than 64 pools the one unused for longest is closed', () => {
  const { use, closed } = opened();
  for (let n = 0; n < 64; n += 1) use(`c${n}`);
  use('c0');
  use('new');
  expect(closed).toEqual(['c1']);
});

it('a pool that nobody used for a minute is closed, and all are at the end', async () => {
  const { use, closed, sockets, move } = opened();
  use('a');
  move(30_000);
  use('b');
  move(30_000);
  sockets.prune();
  expect(closed).toEqual(['a']);
  await sockets.close();
  expect(closed).toEqual(['a', 'b']);
});
