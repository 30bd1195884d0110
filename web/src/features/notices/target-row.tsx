import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconBrandSlack, IconMail, IconTrash, IconWebhook } from '@tabler/icons-react';
import { useState } from 'react';
import { toastDone, toastError } from '../../lib/toast.tsx';
import { Ago } from '../../ui/ago.tsx';
import list from '../../ui/list.module.css';
import { Status } from '../../ui/status.tsx';
import { kindsInWords } from './notice-words.ts';
import styles from './notifications.module.css';
import { changeTarget, type Target } from './target.ts';
import type { TargetDialog } from './target-dialogs.tsx';
import { TestOutcome, useTest } from './test-outcome.tsx';
import { useTargetsChanged } from './use-targets-changed.ts';

const pictures = { email: IconMail, slack: IconBrandSlack, webhook: IconWebhook };
const words = { email: 'Email', slack: 'Slack', webhook: 'Webhook' };

interface Props {
  target: Target;
  onDialog: (dialog: TargetDialog) => void;
}

/** One place: what it gets, whether it arrives there, and what can be done. */
export function TargetRow({ target, onDialog }: Props) {
  const Picture = pictures[target.kind];
  const test = useTest(target);
  return (
    <li className={`${list.row} ${styles.target}`}>
      <span className={styles.picture}>
        <Picture size={18} aria-hidden />
      </span>
      <span className={styles.words}>
        <span>
          <span className={list.name}>{target.name}</span>{' '}
          <span className={list.badge}>{words[target.kind]}</span>
        </span>
        <span className={styles.quiet}>{target.detail}</span>
        <span className={styles.quiet}>{kindsInWords(target.kinds)}</span>
      </span>
      <span className={styles.state}>
        <State target={target} />
      </span>
      <span className={styles.buttons}>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => void test.run()}
          loading={test.isBusy}
          aria-label={`Send a test to ${target.name}`}
        >
          Test
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => onDialog({ kind: 'edit', target })}
          aria-label={`Edit ${target.name}`}
        >
          Edit
        </Button>
        <PauseButton target={target} />
        <Tooltip label="Delete">
          <ActionIcon
            onClick={() => onDialog({ kind: 'delete', target })}
            aria-label={`Delete ${target.name}`}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Tooltip>
      </span>
      {test.outcome !== null && (
        <div className={styles.outcome}>
          <TestOutcome outcome={test.outcome} onClose={test.clear} />
        </div>
      )}
    </li>
  );
}

function State({ target }: { target: Target }) {
  const { isPaused, isStopped, problem, lastDeliveredAt: last } = target;
  if (isPaused) return <Status tone="grey">Paused</Status>;
  if (isStopped || problem !== null) {
    return (
      <>
        <Status tone={isStopped ? 'red' : 'amber'}>
          {isStopped ? 'Stopped: nothing is sent' : 'Does not arrive'}
        </Status>
        {problem !== null && (
          <>
            <span className={styles.quiet}>{problem.message}</span>
            <span className={`${styles.quiet} ${styles.lasting}`}>
              <Ago at={problem.since} isLasting />
            </span>
          </>
        )}
      </>
    );
  }
  if (last === null) return <Status tone="grey">Nothing sent yet</Status>;
  return (
    <Status tone="green">
      Arrived <Ago at={last} />
    </Status>
  );
}

/** Stops sending there, or goes on; also after it was stopped because nothing arrived. */
function PauseButton({ target }: { target: Target }) {
  const [isBusy, setBusy] = useState(false);
  const changed = useTargetsChanged();
  const isOff = target.isPaused || target.isStopped;
  const act = async () => {
    setBusy(true);
    try {
      await changeTarget(target, { is_paused: !isOff });
      toastDone(isOff ? `Notices go to ${target.name} again.` : `Nothing is sent to ${target.name} for now.`);
    } catch (error) {
      toastError(error, isOff ? 'Not resumed' : 'Not paused');
    } finally {
      changed();
      setBusy(false);
    }
  };
  const verb = isOff ? 'Resume' : 'Pause';
  return (
    <Button
      size="compact-sm"
      variant="default"
      onClick={act}
      loading={isBusy}
      aria-label={`${verb} ${target.name}`}
    >
      {verb}
    </Button>
  );
}
