import { describe, expect, it } from 'vitest';
import { inTurn, inTurnHere } from './in-turn.ts';

describe.each([
  ['on other threads', <T>(compute: () => Promise<T>) => inTurn(1_000_000, compute)],
  ['here, in pieces', inTurnHere],
])('derivations that take long, %s', (_where, inOrder) => {
  it('are made one after the other, and whoever comes after twenty is told to come again', async () => {
    let atOnce = 0;
    let most = 0;
    const work = async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise(setImmediate);
      atOnce -= 1;
    };
    const came = await Promise.allSettled(Array.from({ length: 25 }, () => inOrder(work)));
    expect(most).toBe(1);
    const refused = came.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toHaveLength(5);
    expect(refused[0]).toMatchObject({ code: 'too_many_requests' });
    await expect(inOrder(async () => 'room again')).resolves.toBe('room again');
  });
});
