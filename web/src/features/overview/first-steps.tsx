import { IconCheck, IconChevronRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { Section } from '../../ui/page.tsx';
import styles from './overview.module.css';

interface Props {
  done: { connect: boolean; import: boolean; run: boolean };
  /** Others are not asked to connect anything. */
  mayConnect: boolean;
}

const steps = [
  {
    key: 'connect',
    to: '/settings/connections',
    title: 'Connect a tool',
    about: 'Paste its API key. It is checked with the tool before it is saved.',
  },
  {
    key: 'import',
    to: '/tables',
    title: 'Import a list',
    about: 'A CSV of people or companies, or a sample to look around.',
  },
  {
    key: 'run',
    to: '/tables',
    title: 'Run an action',
    about: 'Add a column such as “Find email”, try it on one row, then run it.',
  },
] as const;

/** The way to the first result; gone once it is there. */
export function FirstSteps({ done, mayConnect }: Props) {
  const shown = steps.filter((step) => mayConnect || step.key !== 'connect');
  const next = shown.find((step) => !done[step.key]);
  return (
    <Section title="Get started">
      <ol className={styles.steps}>
        {shown.map((step, at) => (
          <li key={step.key}>
            <Link to={step.to} className={styles.step} data-next={step === next || undefined}>
              <span className={styles.sign} data-done={done[step.key] || undefined}>
                {done[step.key] ? <IconCheck size={14} aria-label="Done" /> : at + 1}
              </span>
              <span className={styles.stepText}>
                <strong>{step.title}</strong>
                <span>{step.about}</span>
              </span>
              <IconChevronRight size={16} className={styles.go} aria-hidden />
            </Link>
          </li>
        ))}
      </ol>
    </Section>
  );
}
