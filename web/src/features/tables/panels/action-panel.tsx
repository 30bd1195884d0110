import type { Action } from '@keyrail/contract/integrations';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { integrationQuery } from '../../../lib/queries.ts';
import { Failed, Notice } from '../../../ui/notice.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { type ActionDraft, draftOf, newDraft } from './action-draft.ts';
import { ActionForm } from './action-form.tsx';
import { ChooseAction } from './choose-action.tsx';
import { ChooseTool } from './choose-tool.tsx';
import { type DockProps, Panel } from './dock.tsx';
import { useEmailColumns } from './use-email-columns.ts';

interface Props extends DockProps {
  /** The column to change; null for a new one. */
  columnId: string | null;
}

/** From tool to action to form; a column that is there begins with its form. */
export default function ActionPanel({ columnId, ...props }: Props) {
  const { table, onDock } = props;
  const column = table.columns.find((one) => one.id === columnId);
  const [slug, setSlug] = useState<string | null>(column?.action?.integration ?? null);
  const [search, setSearch] = useState('');
  /** Chosen before all of the tool was read. */
  const [found, setFound] = useState<string | null>(null);
  const [draft, setDraft] = useState<ActionDraft | null>(null);
  const tool = useQuery({ ...integrationQuery(slug ?? ''), enabled: slug !== null });
  const emailColumns = useEmailColumns(table);
  const close = () => onDock(null);

  if (slug === null) {
    return (
      <Panel title="Add action" about="Choose what fills the column" step="tools" onClose={close}>
        <ChooseTool
          search={search}
          onSearch={setSearch}
          onChoose={(chosen, action) => {
            setSlug(chosen);
            setFound(action);
          }}
        />
      </Panel>
    );
  }
  const back = () => {
    setSlug(null);
    setFound(null);
    setDraft(null);
  };
  /** To what the tool can do besides. */
  const leave = () => {
    setFound(null);
    setDraft(null);
  };
  if (tool.data === undefined) {
    return (
      <Panel title={column?.name ?? 'Add action'} step="reading" onClose={close}>
        {tool.isError ? (
          <Failed error={tool.error} retry={() => void tool.refetch()} />
        ) : (
          <SkeletonRows rows={4} />
        )}
      </Panel>
    );
  }
  const begun = tool.data.actions.find((action) => action.name === found);
  const shown =
    draft ??
    (column !== undefined
      ? draftOf(column, tool.data.actions)
      : begun && newDraft(tool.data.slug, begun, table, emailColumns));
  if (shown === undefined) {
    return (
      <Panel title={column?.name ?? 'Add action'} about={tool.data.name} step="actions" onClose={close}>
        {column !== undefined && (
          <Notice tone="amber" title={`${tool.data.name} no longer offers the action of this column.`}>
            <p>Choose another one.</p>
          </Notice>
        )}
        <ChooseAction
          tool={tool.data}
          onBack={back}
          onChoose={(action: Action) => setDraft(newDraft(tool.data.slug, action, table, emailColumns))}
        />
      </Panel>
    );
  }
  return (
    <ActionForm
      {...props}
      // Another action is another form.
      key={shown.action.name}
      tool={tool.data}
      column={column}
      initial={shown}
      onBack={column === undefined ? leave : undefined}
    />
  );
}
