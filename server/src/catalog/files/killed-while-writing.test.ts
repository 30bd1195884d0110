import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GOOD } from '../file-under-test.ts';
import { loadCatalog } from '../load.ts';
import { openPack } from './pack.ts';

const home = mkdtempSync(join(tmpdir(), 'keyrail-killed-'));
const folders = { builtIn: join(home, 'files'), rememberIn: join(home, 'memory') };
const whole = join(home, 'whole.pack');
let memory: string;
beforeAll(async () => {
  mkdirSync(folders.builtIn);
  for (const name of ['anvil', 'bellows', 'chisel'])
    writeFileSync(join(folders.builtIn, `${name}.yaml`), GOOD.replace('slug: acme', `slug: ${name}`));
  await loadCatalog(folders);
  memory = join(folders.rememberIn, readdirSync(folders.rememberIn)[0] ?? '');
  cpSync(memory, whole);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const BEHIND = 4_000_000;

/** Writes the same memory again and again, with so much behind its texts that it is mostly at that, and says each time it is done. */
const WRITER = `
  const [, pack, memory, whole] = process.argv;
  const { readFileSync } = await import('node:fs');
  const { writePack } = await import(pack);
  const bytes = readFileSync(whole);
  const textsAt = 64 + Number(bytes.subarray(0, 64).toString().split(' ')[2]);
  const index = JSON.parse(bytes.subarray(64, textsAt));
  for (;;) {
    writePack(memory, index, [bytes.subarray(textsAt), Buffer.alloc(${BEHIND})]);
    process.stdout.write('.');
  }`;

/** Beside the memory, or, which must not be, in it. */
function isWriting(): boolean {
  const { size } = statSync(whole);
  return (
    readdirSync(folders.rememberIn).some((name) => name.endsWith('.partial')) ||
    ![size, size + BEHIND].includes(statSync(memory).size)
  );
}

test('a process that is killed while it writes the memory leaves one that is whole, and the next start is right', async () => {
  for (const writes of [1, 2, 3, 5, 8]) {
    const pack = new URL('./pack.ts', import.meta.url).href;
    const args = ['--input-type=module', '--eval', WRITER, pack, memory, whole];
    const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let written = 0;
    for await (const dots of writer.stdout) {
      written += String(dots).length;
      if (written >= writes) break;
    }
    // In the middle of one, most times.
    for (let looks = 0; looks < 5_000 && !isWriting(); looks++);
    const ended = once(writer, 'exit');
    writer.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(openPack(memory), `after ${written} writes`).not.toBeNull();
    const catalog = await loadCatalog(folders);
    expect(catalog.problems).toEqual([]);
    expect(catalog.list().map(({ slug }) => slug)).toEqual(['anvil', 'bellows', 'chisel']);
    for (const { slug } of catalog.list()) expect(catalog.get(slug)).toMatchObject({ slug, name: 'Acme' });
    for (const name of readdirSync(folders.rememberIn))
      if (name.endsWith('.partial')) rmSync(join(folders.rememberIn, name));
  }
});
