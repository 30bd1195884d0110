import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { GOOD } from '../file-under-test.ts';
import { checkFiles } from '../files/check-files.ts';
import { type Analysis, analysePatterns } from './analyse-patterns.ts';

/** A thread that is ready, and does this with each pattern it is asked about. */
const says = (what: string) =>
  new URL(
    `data:text/javascript,import{parentPort as p}from"node:worker_threads";p.on("message",({pattern,timeoutMs})=>{${what}});p.postMessage("ready")`,
  );
const answers = (status: string, isStopped: boolean, computedMs: number) =>
  says(`p.postMessage({status:"${status}",isStopped:${isStopped},computedMs:${computedMs}})`);
const LIMITS = { eachMs: 1_000, allMs: 5_000 };
const told = async (files: string[][], program: URL, limits = LIMITS) =>
  Object.fromEntries(await analysePatterns(files, limits, program));

test('all of it ends when it must, whatever the patterns are', async () => {
  const heavy = Array.from({ length: 50 }, (_, at) => [`^.{1,400}x.{1,400}y${at}.{1,400}$`]);
  const found = await analysePatterns([...heavy, ['^[a-z]+$']], { eachMs: 50, allMs: 60 });
  const reached = [...found.values()].filter((is) => is !== 'not_reached');
  expect(new Set([...reached, 'unknown'])).toEqual(new Set(['unknown']));
  // A quarter of what one may take is the least that is told of.
  expect(reached.length).toBeLessThanOrEqual(5);
});

test('a pattern that its thread never comes back from, or falls over, is told of as one that nobody can tell of', async () => {
  const limits = { eachMs: 10, allMs: 3_000 };
  for (const program of [says('for(;;);'), says('throw 1')])
    expect(await told([['a*']], program, limits)).toEqual({ 'a*': 'unknown' });
  const falls = new URL('data:text/javascript,throw 1');
  expect(await told([['a*']], falls, limits)).toEqual({ 'a*': 'not_reached' });
});

test('one that was stopped is told of only if it was computed for: a busy machine says nothing of it', async () => {
  expect(await told([['a*']], answers('unknown', true, 400))).toEqual({ 'a*': 'unknown' });
  expect(await told([['a*']], answers('unknown', true, 40))).toEqual({ 'a*': 'not_reached' });
  expect(await told([['a*']], answers('unknown', false, 1))).toEqual({ 'a*': 'unknown' });
  expect(await told([['a*']], answers('safe', false, 1))).toEqual({ 'a*': 'safe' });
});

test('one that the machine gives no time is asked about again, and waited for', async () => {
  const stopped = 'p.postMessage({status:"unknown",isStopped:true,computedMs:10})';
  const safe = 'p.postMessage({status:"safe",isStopped:false,computedMs:10})';
  const later = says(`timeoutMs>1000?${safe}:${stopped}`);
  expect(await told([['a*']], later)).toEqual({ 'a*': 'safe' });
  // Longer than what has computed all the while is waited for.
  const sleeps = says(`Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,1300);${safe}`);
  expect(await told([['a*']], sleeps, { eachMs: 100, allMs: 3_000 })).toEqual({ 'a*': 'safe' });
});

test('of a file the first pattern that is not safe is the last that is looked at, and other files go on', async () => {
  const program = says(
    'p.postMessage({status:pattern==="b*"?"vulnerable":"safe",isStopped:false,computedMs:1})',
  );
  expect(await told([['a*', 'b*', 'c*'], ['d*', 'b*', 'e*'], ['f*']], program)).toEqual({
    'a*': 'safe',
    'b*': 'vulnerable',
    'd*': 'safe',
    'f*': 'safe',
  });
});

test('a file whose pattern had its time is remembered; one that had none is read by the next start as well', async () => {
  const text = GOOD.replace('label: API key }', 'label: API key, pattern: "^a*$" }');
  const checked = async (is: Analysis) => {
    const asked = { folder: '/mine', origin: 'user', allowedPrivateHosts: [] } as const;
    const [file] = await checkFiles(
      [{ name: 'acme.yaml', text }],
      asked,
      async () => new Map([['^a*$', is]]),
    );
    return { isLasting: file?.isLasting, isTaken: file?.definition !== null, told: file?.problems };
  };
  const at = { line: 12, column: expect.any(Number) };
  expect(await checked('safe')).toEqual({ isLasting: true, isTaken: true, told: [] });
  expect(await checked('unknown')).toEqual({
    isLasting: true,
    isTaken: false,
    told: [{ ...at, message: expect.stringMatching(/^It could not be told in time/) }],
  });
  expect(await checked('not_reached')).toEqual({
    isLasting: false,
    isTaken: false,
    told: [{ ...at, message: expect.stringMatching(/^There was no time left/) }],
  });
});

test('a program that has nothing else to do waits for the answer', async () => {
  const code = `const { analysePatterns } = await import(${JSON.stringify(new URL('./analyse-patterns.ts', import.meta.url).href)});
    console.log((await analysePatterns([['^a{2}$']])).get('^a{2}$'));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', code]);
  expect(stdout.trim()).toBe('safe');
});
