import type { Notice } from '@keyrail/contract/notices';
import { VisuallyHidden } from '@mantine/core';
import { IconAlertTriangleFilled, IconCircleCheckFilled, IconClockFilled } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { Ago } from '../../ui/ago.tsx';
import { kindWords, placeOf } from './notice-words.ts';
import styles from './notices.module.css';

const pictures = {
  needs_attention: IconAlertTriangleFilled,
  expires_soon: IconClockFilled,
  recovered: IconCircleCheckFilled,
};

interface Props {
  notice: Notice;
  onFollow?: () => void;
}

/** One notice, as a link to what it is about; whether it still holds. */
export function NoticeRow({ notice, onFollow }: Props) {
  const Picture = pictures[notice.kind];
  const { to, search } = placeOf(notice);
  return (
    <li
      className={styles.notice}
      data-unread={!notice.is_read || undefined}
      data-over={notice.is_over || undefined}
    >
      <Link to={to} search={search ?? {}} className={styles.link} {...(onFollow && { onClick: onFollow })}>
        <span className={styles.picture} data-tone={notice.is_over ? 'grey' : kindWords[notice.kind].tone}>
          <Picture size={16} aria-hidden />
        </span>
        <span className={styles.words}>
          <span className={styles.title}>
            {!notice.is_read && <VisuallyHidden>Unread: </VisuallyHidden>}
            {notice.title}
          </span>
          <span className={styles.message}>{notice.message}</span>
          <span className={styles.foot}>
            <Ago at={notice.at} />
            {notice.is_over && <span className={styles.over}>Put right since</span>}
          </span>
        </span>
        {!notice.is_read && <span className={styles.dot} aria-hidden />}
      </Link>
    </li>
  );
}
