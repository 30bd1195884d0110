import { IconExternalLink } from '@tabler/icons-react';
import styles from './out.module.css';

/** A link away from here, in a tab of its own. */
export function Out({ to, children }: { to: string; children: React.ReactNode }) {
  return (
    <a href={to} target="_blank" rel="noopener noreferrer" className={styles.out}>
      {children}
      <IconExternalLink size={13} aria-label="opens in a new tab" />
    </a>
  );
}
