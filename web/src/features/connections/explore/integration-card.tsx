import type { IntegrationFound } from '@keyrail/contract/integrations';
import { IconBolt, IconPlugConnected } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { type KeyboardEvent, memo } from 'react';
import { count } from '../../../lib/format.ts';
import { IntegrationIcon } from '../../../ui/integration-icon.tsx';
import list from '../../../ui/list.module.css';
import { Skeleton } from '../../../ui/skeleton.tsx';
import styles from '../connections.module.css';
import { methodWords } from '../method-words.ts';

interface CardProps {
  tool: IntegrationFound;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** Not drawn anew while somebody types and it stays. */
export const IntegrationCard = memo(function IntegrationCard({ tool, onKeyDown }: CardProps) {
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
      {tool.actions_found.length > 0 && (
        <span className={styles.cardDoes}>
          <IconBolt size={14} aria-hidden />
          <span>{actionsInWords(tool.actions_found)}</span>
        </span>
      )}
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

/** A card has room for so many; the tool's page has them all. */
const SHOWN = 3;

function actionsInWords(actions: IntegrationFound['actions_found']): string {
  const shown = actions.slice(0, SHOWN).map(({ label }) => label);
  const more = actions.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

export function CardSkeletons() {
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
