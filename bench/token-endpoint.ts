import { serveProvider } from './provider.ts';

/** Rotates its refresh tokens; tells whoever started it, on any message, what was asked since the last one. */
const nothing = { requests: 0, firstAt: 0, lastAt: 0, mostAtOnce: 0 };
let seen = { ...nothing };
let [count, atOnce] = [0, 0];

serveProvider(
  () => {
    atOnce -= 1;
    count += 1;
    seen.lastAt = Date.now();
    return {
      access_token: `fake-access-${count}-${'a'.repeat(600)}`,
      refresh_token: `fake-refresh-${count}-${'r'.repeat(100)}`,
      token_type: 'Bearer',
      expires_in: 3600,
    };
  },
  () => {
    atOnce += 1;
    seen.requests += 1;
    seen.firstAt ||= Date.now();
    seen.mostAtOnce = Math.max(seen.mostAtOnce, atOnce);
  },
);
process.on('message', () => {
  process.send?.(seen);
  seen = { ...nothing };
});
