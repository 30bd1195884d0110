import { Button, Loader } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { failureOf, hasCode } from '../../../lib/failure.ts';
import { CopyField } from '../../../ui/copy-field.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { nameProblem } from '../name-field.tsx';
import { CheckSetup } from './check-setup.tsx';
import { ChooseAccount } from './choose-account.tsx';
import styles from './sign-in.module.css';
import type { SignIn } from './sign-in.ts';
import type { SignInControl } from './use-sign-in.ts';
import { isWebAddress } from './window.ts';

interface Props {
  control: SignInControl;
  toolName: string;
  /** What to compare where the window shows an error in place of the tool's sign-in page. */
  compare?: string | undefined;
  /** Begins again; `acceptOtherAccount` after the person said that the other account is meant. */
  onAgain?: (acceptOtherAccount: boolean) => void;
}

/** How a sign-in stands, in words, with what to do next. Nothing while there is none. */
export function SignInProgress({ control, toolName, compare, onAgain }: Props) {
  const { state } = control;
  switch (state.kind) {
    case 'idle':
    case 'connected':
      return null;
    case 'opening':
      return <Waiting>Opening {toolName}…</Waiting>;
    case 'finishing':
      return <Waiting>Checking with {toolName}…</Waiting>;
    case 'waiting':
      return (
        <Waiting
          below={<Compare compare={compare} />}
          actions={
            <>
              {control.show !== null && (
                <Button variant="default" onClick={control.show}>
                  Show the window
                </Button>
              )}
              <Button variant="default" onClick={control.stop}>
                Stop waiting
              </Button>
            </>
          }
        >
          Sign in and allow access in the window of {toolName}. This page notices when you are done.
        </Waiting>
      );
    case 'choosing':
      return <ChooseAccount control={control} authorization={state.authorization} toolName={toolName} />;
    case 'blocked':
      return <Blocked address={state.address} toolName={toolName} />;
    case 'cancelled':
      return (
        <Notice
          tone="amber"
          live
          title={`Sign-in cancelled: the window was closed before ${toolName} gave access. Nothing was saved.`}
          action={onAgain && <Again onAgain={onAgain} />}
        >
          <p>Is it still open somewhere? Finish there, and this page notices.</p>
          <Compare compare={compare} />
        </Notice>
      );
    case 'failed':
      return <FailedSignIn state={state} toolName={toolName} {...(onAgain && { onAgain })} />;
    case 'refused':
      // Said at the field itself.
      if (nameProblem(state.error) !== undefined) return null;
      return <Refused error={state.error} toolName={toolName} {...(onAgain && { onAgain })} />;
  }
}

interface WaitingProps {
  children: React.ReactNode;
  actions?: React.ReactNode;
  below?: React.ReactNode;
}

function Waiting({ children, actions, below }: WaitingProps) {
  return (
    <div className={styles.waiting}>
      <p role="status">
        <Loader size={14} aria-hidden /> <span>{children}</span>
      </p>
      {actions !== undefined && <div className={styles.buttons}>{actions}</div>}
      {below}
    </div>
  );
}

/** Such an error stands in the tool's window alone: nobody is sent back with it. */
function Compare({ compare }: { compare: string | undefined }) {
  if (compare === undefined) return null;
  return (
    <details className={styles.compare}>
      <summary>The window shows an error</summary>
      <p>{compare}</p>
      <CheckSetup />
    </details>
  );
}

function Again({ onAgain }: { onAgain: (acceptOtherAccount: boolean) => void }) {
  return (
    <Button variant="default" onClick={() => onAgain(false)}>
      Try again
    </Button>
  );
}

/** The way on without a window of its own. */
function Blocked({ address, toolName }: { address: string; toolName: string }) {
  if (!isWebAddress(address)) return null;
  return (
    <Notice tone="amber" live title="Your browser blocked the sign-in window.">
      <p>
        Allow pop-ups for this site, or sign in without a new window. This page notices when you are done.
      </p>
      <div className={styles.blocked}>
        <Button renderRoot={(props) => <a href={address} {...props} />}>Continue in this tab</Button>
        <span className="k-2">or open this link in this browser:</span>
        <CopyField value={address} label={`Address of the sign-in at ${toolName}`} />
      </div>
    </Notice>
  );
}

interface EndProps {
  toolName: string;
  onAgain?: (acceptOtherAccount: boolean) => void;
}

function FailedSignIn({
  state,
  toolName,
  onAgain,
}: EndProps & { state: Extract<SignIn, { kind: 'failed' }> }) {
  const { authorization } = state;
  const isOtherAccount = authorization.reason === 'other_account';
  const isTooLate = authorization.state === 'expired';
  const title =
    authorization.message ??
    (isTooLate ? 'The sign-in took too long and is no longer valid.' : `${toolName} did not give access.`);
  return (
    <Notice
      tone={isOtherAccount ? 'amber' : 'red'}
      live
      title={title}
      action={onAgain && !isOtherAccount && <Again onAgain={onAgain} />}
    >
      <p>{authorization.next_step ?? 'Nothing was saved. Try again.'}</p>
      {authorization.reason === 'setup_rejected' && (
        <p>
          <Link to="/settings/sign-in-setups">Open the sign-in setups</Link>
        </p>
      )}
      {(isTooLate || mayBeSetup.has(authorization.reason ?? '')) && <CheckSetup />}
      {isOtherAccount && onAgain !== undefined && (
        <div className={styles.buttons}>
          <Button variant="default" onClick={() => onAgain(false)}>
            Sign in with the same account
          </Button>
          <Button variant="default" onClick={() => onAgain(true)}>
            Use this account from now on
          </Button>
        </div>
      )}
    </Notice>
  );
}

/** What the tool says of where it was sent to, or that nobody came back, often lies with the address of this server. */
const mayBeSetup: ReadonlySet<string> = new Set(['setup_rejected', 'provider_error']);

function Refused({ error, onAgain }: EndProps & { error: unknown }) {
  const failure = failureOf(error);
  const isGone = hasCode(error, 'not_found');
  return (
    <Notice
      tone="red"
      live
      title={isGone ? 'This sign-in is no longer known here.' : failure.title}
      action={onAgain && <Again onAgain={onAgain} />}
    >
      <p>{isGone ? 'Nothing was saved. Begin again.' : failure.detail}</p>
    </Notice>
  );
}
