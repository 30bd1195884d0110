import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

const route = getRouteApi('/app/settings/connections');

/** What is looked for. It stands in the address, for the way back. */
export function useLook() {
  const { search: asked = '', category = null } = route.useSearch();
  const navigate = route.useNavigate();
  const [search, setSearch] = useState(asked);
  // A link to this very page, without a search, shows all of it.
  useEffect(() => {
    if (asked === '') setSearch('');
  }, [asked]);

  function look(next: { search?: string; category?: string | null }): void {
    const { search: words = search, category: chosen = category } = next;
    setSearch(words);
    void navigate({
      search: { ...(words !== '' && { search: words }), ...(chosen !== null && { category: chosen }) },
      replace: true,
      resetScroll: false,
    });
  }
  return { search, category, look };
}
