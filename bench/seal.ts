import { createCipheriv, createDecipheriv, randomBytes, randomFillSync } from 'node:crypto';
import { Secret } from '../server/src/lib/secret.ts';
import { createKeyring } from '../server/src/vault/keyring.ts';
import { masterKey } from '../server/src/vault/master-key.ts';
import { onlyKey } from '../server/src/vault/master-keys.ts';
import { open } from '../server/src/vault/open.ts';
import { seal } from '../server/src/vault/seal.ts';
import { isFull, median, report, tell } from './report.ts';

/**
 * What the envelope costs: sealing and opening a credential as the product does it (keyring, place, padding, record as text) beside
 * node:crypto with the same bytes: AES-256-GCM of the same text, with its own random IV and 16 bytes of tag, without a place, a
 * key id or a record. Both in turns in the same run; each pair of turns gives one ratio, and the medians count.
 */
const ROUNDS = isFull ? 201 : 61;
const PER_ROUND = 2_000;
/** A short API key as it is sealed, a service account's file, and a pair of tokens. */
const KINDS = [
  { name: 'API key', text: JSON.stringify({ api_key: 'k'.repeat(40) }) },
  { name: 'tokens', text: JSON.stringify({ access: 'a'.repeat(1_200), refresh: 'r'.repeat(120) }) },
  { name: 'key file', text: JSON.stringify({ file: 'f'.repeat(2_400) }) },
];

const place = {
  workspaceId: `wsp_${'a'.repeat(26)}`,
  recordId: `con_${'b'.repeat(26)}`,
  version: 3,
  purpose: 'credential',
};
const stored = new Map<string, { id: string; wrapped: string }>();
const keyring = createKeyring({
  masterKeys: onlyKey(masterKey(randomBytes(32))),
  store: {
    current: async (workspaceId) => stored.get(workspaceId) ?? null,
    byId: async (workspaceId) => stored.get(workspaceId) ?? null,
    addCurrent: async (workspaceId, make) => {
      stored.set(workspaceId, await make(null));
    },
    setAside: async (_workspaceId, _id, uses) => uses,
    masterKeyId: async () => null,
  },
});
const bareKey = randomBytes(32);

async function sealAndOpen(secret: Secret<string>): Promise<void> {
  const record = await seal({ keyring }, place, secret);
  const opened = await open({ keyring }, place, record);
  if (opened.kind !== 'opened') throw new Error('it does not open');
}

/** The same text in and out. */
function bare(text: string): void {
  const iv = randomFillSync(Buffer.alloc(12));
  const cipher = createCipheriv('aes-256-gcm', bareKey, iv, { authTagLength: 16 });
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const tag = cipher.getAuthTag();
  const decipher = createDecipheriv('aes-256-gcm', bareKey, iv, { authTagLength: 16 });
  decipher.setAuthTag(tag);
  const opened = Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  if (opened.length !== text.length) throw new Error('it does not open');
}

async function perSecond(work: () => Promise<void> | void): Promise<number> {
  const began = performance.now();
  for (let count = 0; count < PER_ROUND; count += 1) await work();
  return (PER_ROUND / (performance.now() - began)) * 1_000;
}

const results: { name: string; ours: number; theirs: number; ratio: number }[] = [];
for (const { name, text } of KINDS) {
  const secret = new Secret(text);
  const [ours, theirs, ratios]: number[][] = [[], [], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Each is first in every other round.
    const first = round % 2 === 0;
    const before = first ? 0 : await perSecond(() => bare(text));
    const own = await perSecond(() => sealAndOpen(secret));
    const other = first ? await perSecond(() => bare(text)) : before;
    // Compiled and warm after these.
    if (round < 4) continue;
    ours?.push(own);
    theirs?.push(other);
    ratios?.push(own / other);
  }
  const result = {
    name,
    ours: median(ours ?? []),
    theirs: median(theirs ?? []),
    ratio: median(ratios ?? []),
  };
  tell(
    `${name}: ${Math.round(result.ours)} pairs/s sealed and opened, node:crypto ${Math.round(result.theirs)}`,
  );
  results.push(result);
}

const GOAL = 0.7;
const [worst] = [...results].sort((one, other) => one.ratio - other.ratio);
if (worst === undefined) throw new Error('nothing was measured');
report({
  bench: 'seal',
  value: worst.ours,
  unit: `${worst.name}s sealed and opened per second`,
  against: { name: 'node:crypto, the same bytes without an envelope', value: worst.theirs },
  ratio: worst.ratio,
  goal: `ratio >= ${GOAL}`,
  met: worst.ratio >= GOAL,
  checks: results.map(({ name, ratio }) => ({
    name: `${name}: share of what node:crypto does`,
    value: ratio,
    unit: '',
    goal: `>= ${GOAL}`,
    met: ratio >= GOAL,
  })),
});
