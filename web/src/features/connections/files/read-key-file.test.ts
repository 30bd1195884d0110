import { expect, test } from 'vitest';
import { readKeyFile } from './read-key-file.ts';

const file = (content: BlobPart, name = 'key.json') => new File([content], name);

test('a text file is read as its text, without the mark an editor put before it', async () => {
  const read = await readKeyFile(file('\uFEFF{"type":"service_account"}'));
  expect(read).toMatchObject({ kind: 'read', value: '{"type":"service_account"}', name: 'key.json' });
});

test('a file saved as UTF-16 is read as the text it shows', async () => {
  const bytes = new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]);
  expect(await readKeyFile(file(bytes))).toMatchObject({ kind: 'read', value: '{}' });
});

test('what is no text, such as PKCS#12, is read as base64', async () => {
  const bytes = new Uint8Array([0x30, 0x82, 0x01, 0x00, 0xff]);
  expect(await readKeyFile(file(bytes, 'client.p12'))).toMatchObject({ kind: 'read', value: 'MIIBAP8=' });
});

test('an empty file and one far too large are refused by name, without being read', async () => {
  expect(await readKeyFile(file('', 'empty.pem'))).toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(/“empty\.pem” is empty/),
  });
  const large = file(new Uint8Array(300_000), 'video.mp4');
  large.arrayBuffer = () => {
    throw new Error('read');
  };
  expect(await readKeyFile(large)).toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(/“video\.mp4” is 300 KB large/),
  });
});
