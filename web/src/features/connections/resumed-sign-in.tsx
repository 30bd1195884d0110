import type { Integration } from '@keyrail/contract/integrations';
import { useEffect, useState } from 'react';
import styles from './outcome.module.css';
import type { Saved } from './outcome.tsx';
import { SignInProgress } from './sign-in/sign-in-progress.tsx';
import { onAnotherBegun, underWay } from './sign-in/under-way.ts';
import { useSignedIn } from './sign-in/use-signed-in.ts';

interface Props {
  tool: Integration;
  /** The sign-in that led back to this page, when it was made in this tab. */
  authorization: string | undefined;
  onSaved: (saved: Saved) => void;
}

/** A sign-in that began before this page was loaded: it is waited for all the same, and its end is said. */
export function ResumedSignIn({ tool, authorization, onSaved }: Props) {
  const [id] = useState(() => authorization ?? underWay(tool.slug));
  const control = useSignedIn(tool, onSaved);
  const { resume, stop } = control;
  useEffect(() => {
    if (id !== undefined) resume(id);
  }, [id, resume]);
  // Begun anew in the form below: one is waited for, the newer.
  useEffect(() => onAnotherBegun(tool.slug, stop), [tool.slug, stop]);
  const { state } = control;
  if (id === undefined || state.kind === 'idle' || state.kind === 'connected') return null;
  // Begun long ago and never finished: nobody asks for it any more.
  const isForgotten =
    state.kind === 'refused' || (state.kind === 'failed' && state.authorization.state === 'expired');
  if (isForgotten && authorization === undefined) return null;
  return (
    <div className={styles.saved}>
      <SignInProgress control={control} toolName={tool.name} />
    </div>
  );
}
