import type { IntegrationSummary } from '@keyrail/contract/integrations';
import { Button, CloseButton, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconPlugConnected, IconSearch, IconSearchOff } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { count } from '../../lib/format.ts';
import { integrationPagesQuery } from '../../lib/queries.ts';
import { useMay } from '../../lib/use-role.ts';
import { Empty } from '../../ui/empty.tsx';
import { IntegrationIcon } from '../../ui/integration-icon.tsx';
import list from '../../ui/list.module.css';
import { Failed } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import styles from './connections.module.css';
import { methodWords } from './method-words.ts';

/** The whole catalog: search, categories, cards. */
export function Explore() {
  const [search, setSearch] = useState('');
  const [category, setCategory] = useState<string | null>(null);
  const mayChange = useMay('admin');
  // A keyboard that slides over half the screen is no help on arrival.
  const hasKeyboard = useMediaQuery('(pointer: fine)', true, { getInitialValueInEffect: false });
  const wanted = useDeferredValue(search.trim());
  const found = useInfiniteQuery(
    integrationPagesQuery({
      ...(wanted !== '' && { search: wanted }),
      ...(category !== null && { category }),
    }),
  );
  const first = found.data?.pages[0];
  const tools = found.data?.pages.flatMap((page) => page.data) ?? [];
  const clear = () => {
    setSearch('');
    setCategory(null);
  };

  return (
    <Section title="Explore all integrations" actions={mayChange && <MakeCustom name="" />}>
      <TextInput
        className={styles.search}
        size="md"
        type="search"
        placeholder="Search by name, such as Hunter"
        aria-label="Search integrations"
        leftSection={<IconSearch size={16} />}
        rightSection={
          search !== '' && <CloseButton onClick={() => setSearch('')} aria-label="Clear the search" />
        }
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        autoFocus={hasKeyboard}
        autoComplete="off"
      />
      <Categories chosen={category} onChoose={setCategory} all={first?.categories ?? []} />
      {found.isError && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <CardSkeletons />}
      {tools.length === 0 && found.isSuccess && <NothingFound search={wanted} onClear={clear} />}
      <div className={styles.cards} aria-busy={found.isFetching}>
        {tools.map((tool) => (
          <Card key={tool.slug} tool={tool} />
        ))}
      </div>
      {found.hasNextPage && (
        <div className={styles.more}>
          <Button
            variant="default"
            onClick={() => void found.fetchNextPage()}
            loading={found.isFetchingNextPage}
          >
            Show more
          </Button>
        </div>
      )}
    </Section>
  );
}

interface CategoriesProps {
  chosen: string | null;
  onChoose: (category: string | null) => void;
  all: { name: string; count: number }[];
}

function Categories({ chosen, onChoose, all }: CategoriesProps) {
  return (
    <fieldset className={styles.chips} aria-label="Categories">
      <button
        type="button"
        className={styles.chip}
        aria-pressed={chosen === null}
        onClick={() => onChoose(null)}
      >
        All
      </button>
      {all.map(({ name, count: size }) => (
        <button
          key={name}
          type="button"
          className={styles.chip}
          aria-pressed={chosen === name}
          onClick={() => onChoose(chosen === name ? null : name)}
        >
          {name}
          <span>{size}</span>
        </button>
      ))}
    </fieldset>
  );
}

function Card({ tool }: { tool: IntegrationSummary }) {
  return (
    <Link to="/settings/connections/$slug" params={{ slug: tool.slug }} className={styles.card}>
      <span className={styles.cardHead}>
        <IntegrationIcon icon={tool.icon} />
        {tool.name}
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
}

function NothingFound({ search, onClear }: { search: string; onClear: () => void }) {
  const mayChange = useMay('admin');
  return (
    <Empty
      icon={<IconSearchOff size={20} />}
      title={search === '' ? 'Nothing in this category' : `No integration is called “${search}”`}
      actions={
        <>
          {mayChange && <MakeCustom name={search} />}
          <button type="button" className={styles.chip} onClick={onClear}>
            Show all integrations
          </button>
        </>
      }
    >
      Look for its other name, or for the tool that it belongs to.
      {mayChange && ' Any app with an API can be connected by describing it.'}
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
