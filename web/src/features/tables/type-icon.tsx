import type { Column } from '@keyrail/contract/tables';
import {
  IconAlignLeft,
  IconAt,
  IconBolt,
  IconBraces,
  IconCalendar,
  IconHash,
  IconLink,
  IconSquareCheck,
} from '@tabler/icons-react';
import { useTool } from '../../lib/tools.ts';
import { IntegrationIcon } from '../../ui/integration-icon.tsx';

export const typeIcons = {
  text: IconAlignLeft,
  number: IconHash,
  boolean: IconSquareCheck,
  date: IconCalendar,
  email: IconAt,
  url: IconLink,
  json: IconBraces,
  action: IconBolt,
};

/** The sign of a column's type; of an action column the tool's mark. */
export function TypeIcon({ column, className }: { column: Column; className?: string | undefined }) {
  if (column.action !== null) return <ToolMark slug={column.action.integration} className={className} />;
  const Icon = typeIcons[column.type];
  return <Icon size={15} className={className} aria-hidden />;
}

function ToolMark({ slug, className }: { slug: string; className: string | undefined }) {
  const tool = useTool(slug);
  if (tool === undefined) return <IconBolt size={15} className={className} aria-hidden />;
  return <IntegrationIcon icon={tool.icon} size={18} />;
}
