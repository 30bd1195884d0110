import { serveProvider } from './provider.ts';

/** Answers every request with a small JSON, as tools do. */
serveProvider(({ url }) => {
  const name = url?.split('name=')[1] ?? '';
  return {
    data: { email: `${name}@example.com`, score: 97, sources: [{ uri: 'https://example.com/about' }] },
  };
});
