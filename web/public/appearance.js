// Sets light or dark before the first paint, so that a dark page never flashes white. The choice is Mantine's.
(() => {
  let choice = 'auto';
  try {
    choice = localStorage.getItem('keyrail-appearance') ?? 'auto';
  } catch {
    // Storage may be shut; the system's choice holds then.
  }
  const isDark =
    choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light');
})();
