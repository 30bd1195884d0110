import { Logo } from '../../ui/logo.tsx';
import styles from './entry.module.css';

/** The frame of the pages before the sign-in. */
export function EntryFrame({
  title,
  about,
  children,
}: {
  title: string;
  about?: string;
  children: React.ReactNode;
}) {
  return (
    <main className={styles.frame}>
      <div className={styles.card}>
        <Logo size={36} />
        <div>
          <h1>{title}</h1>
          {about !== undefined && <p className="k-2">{about}</p>}
        </div>
        {children}
      </div>
    </main>
  );
}
