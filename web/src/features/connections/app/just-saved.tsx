import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import styles from '../app-page.module.css';
import { MissingAccess } from '../missing-access.tsx';
import { type Saved, SavedNotice } from '../outcome.tsx';
import { AfterReplacement } from '../previous-key.tsx';

interface Props {
  tool: Integration;
  saved: Saved;
  /** As it is listed by now. */
  now: Connection | undefined;
  onClose: () => void;
  onSignInAgain: () => void;
}

/** What was saved just now, what it may not do, and what is left to do after a replacement. */
export function JustSaved({ tool, saved, now, onClose, onSignInAgain }: Props) {
  return (
    <>
      <SavedNotice saved={saved} tool={tool} onClose={onClose}>
        {now !== undefined && <AfterReplacement tool={tool} connection={now} />}
      </SavedNotice>
      <div className={styles.ailing}>
        <MissingAccess tool={tool} connection={now ?? saved} onSignInAgain={onSignInAgain} />
      </div>
    </>
  );
}
