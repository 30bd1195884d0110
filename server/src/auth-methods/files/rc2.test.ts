import { expect, it } from 'vitest';
import { expandedKey, unlockedBlock, unlockRc2 } from './rc2.ts';

/** RFC 2268 §5: key, effective bits, plain text, locked text. */
const VECTORS: [string, number, string, string][] = [
  ['0000000000000000', 63, '0000000000000000', 'ebb773f993278eff'],
  ['ffffffffffffffff', 64, 'ffffffffffffffff', '278b27e42e2f0d49'],
  ['3000000000000000', 64, '1000000000000001', '30649edf9be7d2c2'],
  ['88', 64, '0000000000000000', '61a8a244adacccf0'],
  ['88bca90e90875a', 64, '0000000000000000', '6ccf4308974c267f'],
  ['88bca90e90875a7f0f79c384627bafb2', 64, '0000000000000000', '1a807d272bbe5db1'],
  ['88bca90e90875a7f0f79c384627bafb2', 128, '0000000000000000', '2269552ab0f85ca6'],
];

it.each(VECTORS)('a block under %s of %i bits is opened as RFC 2268 has it', (key, bits, plain, locked) => {
  const words = expandedKey(Buffer.from(key, 'hex'), bits);
  expect(unlockedBlock(words, Buffer.from(locked, 'hex')).toString('hex')).toBe(plain);
});

it('what does not end as it must is not opened', () => {
  const [key, iv] = [Buffer.alloc(5), Buffer.alloc(8)];
  expect(unlockRc2(key, 40, iv, Buffer.alloc(7))).toBeNull();
  expect(unlockRc2(key, 40, iv, Buffer.alloc(0))).toBeNull();
  expect(unlockRc2(key, 40, iv, Buffer.alloc(16))).toBeNull();
});
