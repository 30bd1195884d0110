import styles from './empty.module.css';

interface Props {
  icon?: React.ReactNode;
  title: string;
  /** One sentence. */
  children?: React.ReactNode;
  /** One primary action, and at most one beside it. */
  actions?: React.ReactNode;
}

/** What stands where nothing is yet. */
export function Empty({ icon, title, children, actions }: Props) {
  return (
    <div className={styles.empty}>
      {icon !== undefined && <div className={styles.icon}>{icon}</div>}
      <h2>{title}</h2>
      {children !== undefined && <div className={styles.text}>{children}</div>}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
