import type { Action } from '@keyrail/contract/integrations';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { integrationQuery } from '../../../lib/queries.ts';
import { Failed, Notice } from '../../../ui/notice.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { type ActionDraft, draftOf, newDraft } from './action-draft.ts';
import { ActionForm } from './action-form.tsx';
import { ChooseAction, ChooseTool } from './choose-action.tsx';
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
  const [draft, setDraft] = useState<ActionDraft | null>(null);
  const tool = useQuery({ ...integrationQuery(slug ?? ''), enabled: slug !== null });
  const emailColumns = useEmailColumns(table);
  const close = () => onDock(null);

  if (slug === null) {
    return (
      <Panel title="Add action" about="Choose the tool that fills the column" onClose={close}>
        <ChooseTool onChoose={setSlug} />
      </Panel>
    );
  }
  const back = () => {
    setSlug(null);
    setDraft(null);
  };
  if (tool.data === undefined) {
    return (
      <Panel title={column?.name ?? 'Add action'} onClose={close}>
        {tool.isError ? (
          <Failed error={tool.error} retry={() => void tool.refetch()} />
        ) : (
          <SkeletonRows rows={4} />
        )}
      </Panel>
    );
  }
  const shown = draft ?? (column === undefined ? undefined : draftOf(column, tool.data.actions));
  if (shown === undefined) {
    return (
      <Panel title={column?.name ?? 'Add action'} about={tool.data.name} onClose={close}>
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
      onBack={column === undefined ? () => setDraft(null) : undefined}
    />
  );
}
