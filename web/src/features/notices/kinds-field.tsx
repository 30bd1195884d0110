import type { NoticeKind } from '@keyrail/contract/notices';
import { Checkbox } from '@mantine/core';
import { kindWords, noticeKinds } from './notice-words.ts';
import styles from './notifications.module.css';

interface Props {
  kinds: readonly NoticeKind[];
  onKinds: (kinds: NoticeKind[]) => void;
  error?: string | undefined;
}

/** Which notices go there: at least one kind. */
export function KindsField({ kinds, onKinds, error }: Props) {
  return (
    <Checkbox.Group
      label="What is sent there"
      value={[...kinds]}
      onChange={(chosen) => onKinds(noticeKinds.filter((kind) => chosen.includes(kind)))}
      error={kinds.length === 0 ? 'Choose at least one.' : error}
    >
      <div className={styles.kinds}>
        {noticeKinds.map((kind) => (
          <Checkbox
            key={kind}
            size="xs"
            value={kind}
            label={kindWords[kind].words}
            description={kindWords[kind].about}
          />
        ))}
      </div>
    </Checkbox.Group>
  );
}
