import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kr-demo-'));
  // PostgreSQL runs as another user where we are root.
  chmodSync(folder, 0o711);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function play() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('demo.ts', import.meta.url))], {
    env: {
      ...process.env,
      TMPDIR: folder,
      FORCE_COLOR: undefined,
      DATABASE_URL: 'postgres://elsewhere/not-this',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return { child, said: () => said, ended: once(child, 'close') };
}

test('the demo plays the main job to the end, in plain words, and leaves nothing but the exported file', async () => {
  const demo = play();
  const [code] = await demo.ended;
  expect(code, demo.said()).toBe(0);
  expect(demo.said()).toContain('Hunter.io did not accept this key.');
  expect(demo.said()).toContain('2 rows did not fit');
  expect(demo.said()).toMatch(/Done in \d+\.\d seconds\./);
  expect(demo.said().replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);

  const left = readdirSync(folder);
  expect(left).toEqual([expect.stringMatching(/^keyrail-export-/)]);
  const lines = readFileSync(join(folder, left[0] ?? '', 'leads.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(121);
});

test('ctrl-C in the middle of the demo leaves nothing behind', async () => {
  const demo = play();
  let isTold = false;
  demo.child.stdout.on('data', () => {
    if (isTold || !demo.said().includes('7  Running it on all rows')) return;
    isTold = true;
    demo.child.kill('SIGINT');
  });
  const [code] = await demo.ended;
  expect(code, demo.said()).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
});
