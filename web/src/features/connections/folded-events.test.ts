import type { ConnectionEvent } from '@keyrail/contract/connections';
import { expect, test } from 'vitest';
import { folded } from './folded-events.ts';

const event = (kind: ConnectionEvent['kind'], message: string, actor: string | null = null) =>
  ({ id: message, kind, message, actor, at: '2026-06-15T12:00:00Z' }) as ConnectionEvent;

test('renewals one after the other are one line, and what people did always has its own', () => {
  const lines = folded([
    event('refreshed', 'Access was renewed.'),
    event('refreshed', 'Access was renewed.'),
    event('renamed', 'Renamed.', 'Olive'),
    event('renamed', 'Renamed.', 'Olive'),
    event('refreshed', 'Access was renewed.'),
  ]);
  expect(lines.map(({ event: { kind }, alike }) => [kind, alike])).toEqual([
    ['refreshed', 1],
    ['renamed', 0],
    ['renamed', 0],
    ['refreshed', 0],
  ]);
});
