import type { IntegrationFound } from '@keyrail/contract/integrations';
import { TextInput, VisuallyHidden } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type KeyboardEvent, useDeferredValue, useRef } from 'react';
import { count } from '../../../lib/format.ts';
import { moveBetween } from '../../../lib/move-between.ts';
import { allFoundQuery, allIntegrationsQuery } from '../../../lib/queries.ts';
import { useMay } from '../../../lib/use-role.ts';
import { Failed } from '../../../ui/notice.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import styles from './panels.module.css';
import { type OnChooseTool, ToolList } from './tool-list.tsx';

interface Props {
  /** What is looked for: it is still there for whoever comes back from a tool. */
  search: string;
  onSearch: (search: string) => void;
  onChoose: OnChooseTool;
}

/** The tools, connected ones first, and what they can do where that is looked for. */
export function ChooseTool({ search, onSearch, onChoose }: Props) {
  const wanted = useDeferredValue(search.trim());
  const { tools, all } = useTools(wanted);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const connected = all.filter((tool) => tool.connection_count > 0);
  const others = all.filter((tool) => tool.connection_count === 0);
  const isSettled = tools.isSuccess && !tools.isPlaceholderData && wanted === search.trim();

  function onSearchKey(event: KeyboardEvent): void {
    const [best] = connected.length > 0 ? connected : others;
    if (event.key === 'Enter' && search !== '' && isSettled && best !== undefined)
      onChoose(best.slug, best.actions_found[0]?.name ?? null);
    else if (event.key === 'ArrowDown') list.current?.querySelector('button')?.focus();
    else if (event.key === 'Escape' && search !== '') onSearch('');
    else return;
    // Escape closes the panel where it has nothing else to do.
    event.preventDefault();
  }

  return (
    <div className={styles.stack}>
      <TextInput
        ref={field}
        type="search"
        placeholder="Search by what to do, or by tool"
        aria-label="Search tools and actions"
        leftSection={<IconSearch size={15} />}
        value={search}
        onChange={(event) => onSearch(event.currentTarget.value)}
        onKeyDown={onSearchKey}
        maxLength={200}
        autoComplete="off"
        autoFocus
      />
      <VisuallyHidden role="status">{isSettled && wanted !== '' && foundWords(all)}</VisuallyHidden>
      {tools.isPending && all.length === 0 && <SkeletonRows rows={5} height={44} />}
      {tools.isError && <Failed error={tools.error} retry={() => void tools.refetch()} />}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrows are a shorter way to what Tab reaches as well */}
      <div
        ref={list}
        className={styles.stack}
        onKeyDown={(event) => moveBetween(event, list.current, field.current)}
      >
        <ToolList title="Connected" tools={connected} onChoose={onChoose} />
        <ToolList title="Not connected yet" tools={others} onChoose={onChoose} />
      </div>
      {tools.isSuccess && all.length === 0 && <NothingFound search={wanted} />}
    </div>
  );
}

/** While somebody types, what was found last stays. */
function useTools(wanted: string) {
  const every = useQuery({ ...allIntegrationsQuery, enabled: wanted === '' });
  const found = useQuery({ ...allFoundQuery(wanted), enabled: wanted !== '' });
  return {
    tools: wanted === '' ? every : found,
    all: (wanted === '' ? undefined : found.data) ?? every.data ?? [],
  };
}

function foundWords(all: readonly IntegrationFound[]): string {
  const actions = all.reduce((sum, tool) => sum + tool.actions_found.length, 0);
  const tools = count(all.length, 'tool');
  return actions === 0 ? tools : `${tools}, ${count(actions, 'action')}`;
}

function NothingFound({ search }: { search: string }) {
  const mayManage = useMay('admin');
  return (
    <p className="k-2">
      No tool is called “{search}”, and none has an action for it.{' '}
      {mayManage && (
        <Link to="/settings/connections/new-custom" search={{ name: search.slice(0, 60) }}>
          Make a custom connection
        </Link>
      )}
    </p>
  );
}
