import type { IntegrationSummary } from '@keyrail/contract/integrations';
import { Button, CloseButton, TextInput } from '@mantine/core';
import { useIntersection, useMediaQuery } from '@mantine/hooks';
import { IconPlugConnected, IconSearch, IconSearchOff } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import {
  type KeyboardEvent,
  memo,
  useCallback,
  useDeferredValue,
  useEffect,
  useEffectEvent,
  useRef,
  useState,
} from 'react';
import { count, number } from '../../lib/format.ts';
import { integrationPagesQuery } from '../../lib/queries.ts';
import { useMay } from '../../lib/use-role.ts';
import { Empty } from '../../ui/empty.tsx';
import { IntegrationIcon } from '../../ui/integration-icon.tsx';
import list from '../../ui/list.module.css';
import { Failed } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { moveBetween } from './card-keys.ts';
import { Categories, ChipSkeletons, type Counted } from './categories.tsx';
import styles from './connections.module.css';
import { methodWords } from './method-words.ts';

const route = getRouteApi('/app/settings/connections');

/** The whole catalog: search, categories, cards. What is looked for stands in the address, for the way back. */
export function Explore() {
  const { search: asked = '', category = null } = route.useSearch();
  const navigate = route.useNavigate();
  const [search, setSearch] = useState(asked);
  const mayChange = useMay('admin');
  // A keyboard that slides over half the screen is no help on arrival.
  const hasKeyboard = useMediaQuery('(pointer: fine)', true, { getInitialValueInEffect: false });
  const wanted = useDeferredValue(search.trim());
  const whole = useInfiniteQuery(integrationPagesQuery());
  const found = useInfiniteQuery(
    integrationPagesQuery({
      ...(wanted !== '' && { search: wanted }),
      ...(category !== null && { category }),
    }),
  );
  const tools = found.data?.pages.flatMap((page) => page.data) ?? [];
  const all = whole.data?.pages[0]?.categories ?? [];
  const fitting = found.data?.pages[0]?.categories ?? [];
  const field = useRef<HTMLInputElement>(null);
  const cards = useRef<HTMLDivElement>(null);
  const onCardKey = useCallback(
    (event: KeyboardEvent) => moveBetween(event, cards.current, field.current),
    [],
  );
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
  function clear(): void {
    look({ search: '', category: null });
    field.current?.focus();
  }
  function onSearchKey(event: KeyboardEvent): void {
    const first = cards.current?.querySelector('a');
    if (event.key === 'Enter' && wanted === search.trim() && !found.isPlaceholderData) first?.click();
    else if (event.key === 'ArrowDown') first?.focus();
    else if (event.key === 'Escape' && search !== '') look({ search: '' });
    else return;
    event.preventDefault();
  }

  return (
    <Section title="Explore all integrations" actions={mayChange && <MakeCustom name="" />}>
      <TextInput
        ref={field}
        className={styles.search}
        size="md"
        type="search"
        placeholder="Search by name, or by what it does"
        aria-label="Search integrations"
        leftSection={<IconSearch size={16} />}
        rightSection={
          search !== '' && (
            <CloseButton
              onClick={() => {
                look({ search: '' });
                field.current?.focus();
              }}
              aria-label="Clear the search"
            />
          )
        }
        value={search}
        onChange={(event) => look({ search: event.currentTarget.value })}
        onKeyDown={onSearchKey}
        maxLength={200}
        autoFocus={hasKeyboard}
        autoComplete="off"
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
          <Card key={tool.slug} tool={tool} onKeyDown={onCardKey} />
        ))}
      </div>
      {found.hasNextPage && (
        <More
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

interface MoreProps {
  isLoading: boolean;
  isPaused: boolean;
  onMore: () => void;
}

/** The next ones come before their place is reached; the button is for whoever is faster. */
function More({ isLoading, isPaused, onMore }: MoreProps) {
  const { ref, entry } = useIntersection({ rootMargin: '600px' });
  const isNear = entry?.isIntersecting === true;
  const ask = useEffectEvent(onMore);
  useEffect(() => {
    if (isNear && !isLoading && !isPaused) ask();
  }, [isNear, isLoading, isPaused]);
  return (
    <div ref={ref} className={styles.more}>
      <Button variant="default" onClick={onMore} loading={isLoading}>
        Show more
      </Button>
    </div>
  );
}

interface CardProps {
  tool: IntegrationSummary;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** Not drawn anew while somebody types and it stays. */
const Card = memo(function Card({ tool, onKeyDown }: CardProps) {
  return (
    <Link
      to="/settings/connections/$slug"
      params={{ slug: tool.slug }}
      className={styles.card}
      onKeyDown={onKeyDown}
    >
      <span className={styles.cardHead}>
        <IntegrationIcon icon={tool.icon} />
        <span>{tool.name}</span>
      </span>
      <span className={styles.cardText}>{tool.description}</span>
      <span className={styles.cardFoot}>
        {tool.methods.map((method) => (
          <span key={method} className={list.badge}>
            {methodWords[method]}
          </span>
        ))}
        {tool.connection_count > 0 && (
          <span className={styles.connected}>
            <IconPlugConnected size={14} aria-hidden />
            {count(tool.connection_count, 'connection')}
          </span>
        )}
      </span>
    </Link>
  );
});

interface NothingProps {
  search: string;
  category: string | null;
  onClear: () => void;
  /** The same search, in all categories. */
  onEverywhere: () => void;
}

function NothingFound({ search, category, onClear, onEverywhere }: NothingProps) {
  const mayChange = useMay('admin');
  const where = category === null ? '' : ` in ${category}`;
  return (
    <Empty
      icon={<IconSearchOff size={20} />}
      title={
        search === ''
          ? `There is no category ${category ?? ''}`
          : `No integration${where} is called “${search.length > 60 ? `${search.slice(0, 60)}…` : search}”`
      }
      actions={
        <>
          {mayChange && <MakeCustom name={search} />}
          {category !== null && search !== '' ? (
            <Button variant="subtle" onClick={onEverywhere}>
              Search all categories
            </Button>
          ) : (
            <Button variant="subtle" onClick={onClear}>
              Show all integrations
            </Button>
          )}
        </>
      }
    >
      Try another spelling, or the name of the product it is part of.
      {mayChange && ' Any tool with an API can be connected by describing it.'}
    </Empty>
  );
}

/** The way to describe an app of one's own; what was searched for is its name. */
function MakeCustom({ name }: { name: string }) {
  const navigate = useNavigate();
  const search = name === '' ? {} : { name };
  return (
    <Button
      variant="default"
      onClick={() => void navigate({ to: '/settings/connections/new-custom', search })}
    >
      Make a custom connection
    </Button>
  );
}

function CardSkeletons() {
  return (
    <div className={styles.cards} role="status" aria-label="Loading">
      {['one', 'two', 'three', 'four', 'five', 'six'].map((key) => (
        <div key={key} className={styles.card}>
          <span className={styles.cardHead}>
            <Skeleton width={32} height={32} />
            <Skeleton width="40%" />
          </span>
          <span className={styles.cardText}>
            <Skeleton width="85%" />
          </span>
        </div>
      ))}
    </div>
  );
}
