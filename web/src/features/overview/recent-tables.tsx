import type { TableSummary } from '@keyrail/contract/tables';
import { Link } from '@tanstack/react-router';
import { count } from '../../lib/format.ts';
import { Ago } from '../../ui/ago.tsx';
import { Section } from '../../ui/page.tsx';
import styles from './overview.module.css';

const shown = 6;

export function RecentTables({ tables }: { tables: TableSummary[] }) {
  if (tables.length === 0) return null;
  const recent = [...tables]
    .sort((one, other) => other.updated_at.localeCompare(one.updated_at))
    .slice(0, shown);
  return (
    <Section title="Recent tables" actions={<Link to="/tables">See all</Link>}>
      <div className={styles.tables}>
        {recent.map((table) => (
          <Link key={table.id} to="/tables/$tableId" params={{ tableId: table.id }} className={styles.table}>
            <strong>{table.name}</strong>
            <span className="k-num">{count(table.row_count, 'row')}</span> · <Ago at={table.updated_at} />
          </Link>
        ))}
      </div>
    </Section>
  );
}
