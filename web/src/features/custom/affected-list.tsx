import type { AffectedConnection } from '@keyrail/contract/custom';
import { count } from '../../lib/format.ts';
import styles from './custom.module.css';

/** Connections that a change reaches, each with what uses it. */
export function AffectedList({ affected }: { affected: AffectedConnection[] }) {
  return (
    <ul className={styles.affected}>
      {affected.slice(0, 20).map(({ id, name, dependents }) => (
        <li key={id}>
          <strong>{name}</strong>
          {dependents.length === 0 ? (
            ' · nothing uses it'
          ) : (
            <> · used by {dependents.map((one) => `${one.name} in ${one.table_name ?? ''}`).join(', ')}</>
          )}
        </li>
      ))}
      {affected.length > 20 && <li>and {count(affected.length - 20, 'more connection')}</li>}
    </ul>
  );
}
