/** Which methods a path takes, so that a wrong method is told from a wrong path. */
export interface Methods {
  add(methods: string | string[], pattern: string): void;
  of(path: string): string[];
}

export function createMethods(): Methods {
  const routes: { matches: RegExp; methods: string[] }[] = [];
  return {
    add: (methods, pattern) => {
      // A pattern that takes everything (the web app's pages) says nothing about any path.
      if (pattern === '*' || pattern === '/*') return;
      routes.push({ matches: regexOf(pattern), methods: [methods].flat() });
    },
    of: (path) => {
      const found = routes.filter((route) => route.matches.test(path)).flatMap((route) => route.methods);
      return [...new Set(found)].sort();
    },
  };
}

function regexOf(pattern: string): RegExp {
  const parts = pattern.split('/').map((part) => {
    if (part === '*') return '.*';
    if (part.startsWith(':')) return '[^/]+';
    return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}
