import { useId } from 'react';
import styles from './page.module.css';

interface PageProps {
  title: string;
  /** One sentence under the title. */
  about?: React.ReactNode;
  /** Stands before the title, such as a tool's mark. */
  mark?: React.ReactNode;
  /** Buttons in the top right corner. */
  actions?: React.ReactNode;
  /** A narrow column for forms; else up to 1,120 px. */
  narrow?: boolean;
  children: React.ReactNode;
}

/** The frame of a page of text and lists. */
export function Page({ title, about, mark, actions, narrow = false, children }: PageProps) {
  return (
    <div className={styles.scroll}>
      <div className={styles.page} data-narrow={narrow || undefined}>
        <header className={styles.header}>
          {mark}
          <div className={styles.heading}>
            <h1>{title}</h1>
            {about !== undefined && <p className={styles.about}>{about}</p>}
          </div>
          {actions !== undefined && <div className={styles.actions}>{actions}</div>}
        </header>
        {children}
      </div>
    </div>
  );
}

interface SectionProps {
  title: string;
  about?: React.ReactNode;
  actions?: React.ReactNode;
  children: React.ReactNode;
}

/** A part of a page, found by its heading's name. */
export function Section({ title, about, actions, children }: SectionProps) {
  const titleId = useId();
  return (
    <section className={styles.section} aria-labelledby={titleId}>
      <div className={styles.sectionHead}>
        <div>
          <h2 id={titleId}>{title}</h2>
          {about !== undefined && <p className={styles.sectionAbout}>{about}</p>}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  );
}
