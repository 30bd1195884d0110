import type { Expiry } from '@keyrail/contract/expiries';
import { Button } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { dayName, dayOfMoment, daysLeft, shortDay } from '../lib/dates.ts';
import { expiryTone, expiryVerb, expiryWords, sourceWords } from '../lib/expiry-words.ts';
import { useMay } from '../lib/use-role.ts';
import styles from './expiry-row.module.css';
import { IntegrationIcon } from './integration-icon.tsx';
import list from './list.module.css';
import { Status } from './status.tsx';

interface Props {
  expiry: Expiry;
  /** Without its sentence and who says so, as on the Overview. */
  isShort?: boolean;
}

/** One end of one thing: what it is, when, who says so, and the way to replace it. */
export function ExpiryRow({ expiry, isShort = false }: Props) {
  const { subject } = expiry;
  const day = dayOfMoment(expiry.at);
  return (
    <li className={`${list.row} ${styles.expiry}`}>
      <ExpiryIcon expiry={expiry} size={28} />
      <span className={styles.what}>
        <span>
          <span className={list.name}>{subject.name}</span>{' '}
          <span className={styles.kind}>{kindOf(expiry)}</span>
        </span>
        {!isShort && <span className={styles.quiet}>{expiry.message}</span>}
      </span>
      <span className={styles.when}>
        <Status tone={expiryTone(expiry)} title={dayName(day)}>
          {daysLeft(expiry.at)}
        </Status>
        <span className={styles.quiet}>
          <time dateTime={expiry.at}>{shortDay(day)}</time>
          {!isShort && <> · {sourceWords(expiry)}</>}
        </span>
      </span>
      <span className={styles.go}>
        <Go expiry={expiry} />
      </span>
    </li>
  );
}

/** "Client secret of HubSpot", "Certificate · Hunter.io". */
function kindOf({ kind, subject }: Expiry): string {
  const words = expiryWords[kind];
  if (subject.kind === 'sign_in_setup')
    return `${kind === 'rotation' ? words : 'Client secret'} · Sign-in setup`;
  const tool = subject.integration_name;
  return tool === null || tool === subject.name ? words : `${words} · ${tool}`;
}

export function ExpiryIcon({ expiry: { subject }, size }: { expiry: Expiry; size: number }) {
  if (subject.icon !== null) return <IntegrationIcon icon={subject.icon} size={size} />;
  return (
    <span className={styles.plate} style={{ width: size, height: size }} aria-hidden>
      <IconKey size={Math.round(size * 0.57)} />
    </span>
  );
}

/** Where it is replaced; for those who may not, where it is seen. */
function Go({ expiry }: { expiry: Expiry }) {
  const mayChange = useMay('admin');
  const { subject } = expiry;
  const verb = mayChange ? expiryVerb(expiry) : 'Open';
  const label = `${verb} ${subject.name}`;
  const button = (link: (props: object) => React.ReactNode) => (
    <Button size="compact-sm" variant="default" aria-label={label} renderRoot={link}>
      {verb}
    </Button>
  );
  if (subject.kind === 'connection') {
    const search = mayChange ? { replace: subject.id } : { open: subject.id };
    const slug = subject.integration ?? '';
    return button((props) => (
      <Link to="/settings/connections/$slug" params={{ slug }} search={search} {...props} />
    ));
  }
  // Setups and API tokens are not shown to others than owners and admins.
  if (!mayChange) return null;
  return subject.kind === 'sign_in_setup'
    ? button((props) => <Link to="/settings/sign-in-setups" search={{ replace: subject.id }} {...props} />)
    : button((props) => <Link to="/settings/tokens" {...props} />);
}
