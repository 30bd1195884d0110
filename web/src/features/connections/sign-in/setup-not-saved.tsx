import type { Integration } from '@keyrail/contract/integrations';
import { ApiError } from '@keyrail/sdk/api-error';
import { Button } from '@mantine/core';
import { failureOf, hasCode } from '../../../lib/failure.ts';
import { Notice } from '../../../ui/notice.tsx';
import { Refused } from '../outcome.tsx';

/** What somebody means to do all the same. */
export interface Insistence {
  signInAgain?: boolean;
  saveUnverified?: boolean;
}

interface Props {
  error: unknown;
  tool: Integration;
  isBusy: boolean;
  onAnyway: (insistence: Insistence) => void;
}

/** Why a sign-in setup was not saved, and what can be done about it. */
export function SetupNotSaved({ error, tool, isBusy, onAnyway }: Props) {
  if (hasCode(error, 'edited_meanwhile')) {
    return (
      <Notice tone="amber" live title="Somebody else changed this setup in the meantime.">
        <p>Nothing was overwritten. Close this and open it again to see theirs.</p>
      </Notice>
    );
  }
  const failure = failureOf(error);
  if (error instanceof ApiError && error.reason === 'client_id_in_use') {
    return (
      <Notice
        tone="amber"
        live
        title="Connections would have to sign in again."
        action={
          <Button
            variant="default"
            size="xs"
            loading={isBusy}
            onClick={() => onAnyway({ signInAgain: true })}
          >
            Change it anyway
          </Button>
        }
      >
        <p>{failure.detail}</p>
      </Notice>
    );
  }
  // The tool was asked about the secret.
  if (error instanceof ApiError && error.verdict !== undefined) {
    return <Refused error={error} tool={tool} onInsist={onAnyway} isBusy={isBusy} />;
  }
  return (
    <Notice tone="red" live title={failure.title}>
      <p>{failure.detail}</p>
    </Notice>
  );
}
