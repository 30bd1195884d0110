import { type KeyboardEvent, useCallback, useRef } from 'react';
import { count, number } from '../../../lib/format.ts';
import { moveBetween } from '../../../lib/move-between.ts';
import { useMay } from '../../../lib/use-role.ts';
import { Failed } from '../../../ui/notice.tsx';
import { Section } from '../../../ui/page.tsx';
import styles from '../connections.module.css';
import { Categories, ChipSkeletons, type Counted } from './categories.tsx';
import { CardSkeletons, IntegrationCard } from './integration-card.tsx';
import { MakeCustom } from './make-custom.tsx';
import { NothingFound } from './nothing-found.tsx';
import { SearchField } from './search-field.tsx';
import { ShowMore } from './show-more.tsx';
import { useFound } from './use-found.ts';
import { useLook } from './use-look.ts';

/** The whole catalog: search, categories, cards. */
export function Explore() {
  const { search, category, look } = useLook();
  const { wanted, whole, found, tools, all, fitting, isSettled } = useFound(search, category);
  const mayChange = useMay('admin');
  const field = useRef<HTMLInputElement>(null);
  const cards = useRef<HTMLDivElement>(null);
  const onCardKey = useCallback(
    (event: KeyboardEvent) => moveBetween(event, cards.current, field.current),
    [],
  );

  function clear(): void {
    look({ search: '', category: null });
    field.current?.focus();
  }
  function onSearchKey(event: KeyboardEvent): void {
    const first = cards.current?.querySelector('a');
    if (event.key === 'Enter' && isSettled) first?.click();
    else if (event.key === 'ArrowDown') first?.focus();
    else if (event.key === 'Escape' && search !== '') look({ search: '' });
    else return;
    event.preventDefault();
  }

  return (
    <Section title="Explore all integrations" actions={mayChange && <MakeCustom name="" />}>
      <SearchField
        field={field}
        search={search}
        onSearch={(words) => look({ search: words })}
        onKeyDown={onSearchKey}
      />
      {whole.isPending && <ChipSkeletons />}
      {all.length > 0 && (
        <Categories
          chosen={category}
          onChoose={(next) => look({ category: next })}
          all={all}
          found={fitting}
        />
      )}
      <p className={styles.found} role="status">
        {found.isSuccess && foundWords(sizeOf(fitting, category), sizeOf(all, null))}
      </p>
      {found.isError && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <CardSkeletons />}
      {tools.length === 0 && found.isSuccess && (
        <NothingFound
          search={wanted}
          category={category}
          onClear={clear}
          onEverywhere={() => look({ category: null })}
        />
      )}
      <div ref={cards} className={styles.cards} aria-busy={found.isFetching}>
        {tools.map((tool) => (
          <IntegrationCard key={tool.slug} tool={tool} onKeyDown={onCardKey} />
        ))}
      </div>
      {found.hasNextPage && (
        <ShowMore
          isLoading={found.isFetchingNextPage}
          onMore={() => void found.fetchNextPage({ cancelRefetch: false })}
          // Of another search than the one that is typed, more is of no use.
          isPaused={found.isPlaceholderData || found.isFetchNextPageError}
        />
      )}
    </Section>
  );
}

function sizeOf(categories: readonly Counted[], chosen: string | null): number {
  return categories
    .filter(({ name }) => chosen === null || name === chosen)
    .reduce((sum, { count: size }) => sum + size, 0);
}

function foundWords(found: number, all: number): string {
  return found === all ? count(all, 'integration') : `${number(found)} of ${count(all, 'integration')}`;
}
