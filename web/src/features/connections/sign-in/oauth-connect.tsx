import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import { Button, Checkbox } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useState } from 'react';
import { useHelpContact, useMay } from '../../../lib/use-role.ts';
import { Notice } from '../../../ui/notice.tsx';
import { Section } from '../../../ui/page.tsx';
import { useInSight } from '../../../ui/use-in-sight.ts';
import { Beforehand } from './beforehand.tsx';
import styles from './oauth-connect.module.css';
import { SetupForm } from './setup-form.tsx';
import { SignInProgress } from './sign-in-progress.tsx';
import type { SignInControl } from './use-sign-in.ts';

interface Props {
  /** The form's id, for fields that stand outside of it. */
  formId?: string;
  tool: Integration;
  method: AuthMethod;
  control: SignInControl;
  /** The words of the button: "Connect with OAuth", "Authorize". */
  verb: string;
  onBegin: (optionalScopes: string[], acceptOtherAccount: boolean) => void;
  onCancel?: () => void;
  /** Optional scopes that are ticked already: those of the sign-in before. */
  ticked?: readonly string[] | undefined;
  /** Fields to fill before, such as a subdomain. */
  children?: React.ReactNode;
}

/** The button that leads to the provider, or what has to be set up before there can be one. */
export function OAuthConnect(props: Props) {
  const { formId, tool, method, control, verb, onBegin, onCancel, children } = props;
  const [optional, setOptional] = useState<string[]>(() => optionalOf(method, props.ticked ?? []));
  const outcome = useInSight<HTMLDivElement>(control.state.kind);
  const [wasSetUpHere, setSetUpHere] = useState(false);
  const isSetUp = method.setup !== null && method.setup.set_up_by !== null;
  if (!isSetUp) {
    const shared = { tool, method, onSaved: () => setSetUpHere(true) };
    return <SetupMissing {...shared} {...(onCancel && { onCancel })} />;
  }
  const isUnderWay =
    control.state.kind === 'opening' ||
    control.state.kind === 'waiting' ||
    control.state.kind === 'finishing' ||
    control.state.kind === 'choosing';
  const begin = (acceptOtherAccount: boolean) => onBegin(optional, acceptOtherAccount);
  return (
    <form
      id={formId}
      className={styles.form}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isUnderWay) begin(false);
      }}
    >
      <Beforehand tool={tool} setup={method.setup} />
      {wasSetUpHere && control.state.kind === 'idle' && (
        <Notice tone="green" live title="Sign-in setup saved. Now connect." />
      )}
      {children}
      <p className="k-2">
        {tool.name} opens in a new window. Sign in there and allow access; the window closes by itself.
        Keyrail never sees your password.
      </p>
      <Scopes method={method} chosen={optional} onChoose={setOptional} toolName={tool.name} />
      <div ref={outcome} className={styles.outcome}>
        <SignInProgress
          control={control}
          toolName={tool.name}
          compare={method.setup?.compare}
          onAgain={begin}
        />
      </div>
      {/* Choosing has buttons of its own. */}
      {control.state.kind !== 'choosing' && (
        <div className={styles.foot}>
          {onCancel && (
            <Button
              variant="default"
              onClick={() => {
                control.stop();
                onCancel();
              }}
            >
              Cancel
            </Button>
          )}
          <Button
            type="submit"
            disabled={isUnderWay}
            autoFocus={wasSetUpHere}
            variant={control.state.kind === 'blocked' ? 'default' : 'filled'}
            rightSection={<IconExternalLink size={14} aria-hidden />}
            title="Opens a new window"
          >
            {verb}
          </Button>
        </div>
      )}
    </form>
  );
}

const optionalOf = (method: AuthMethod, names: readonly string[]): string[] =>
  method.scopes.filter((scope) => scope.is_optional && names.includes(scope.name)).map((scope) => scope.name);

/** Shown on the form itself: who may enters it here, everybody else reads whom to ask. */
function SetupMissing({
  tool,
  method,
  onSaved,
  onCancel,
}: {
  tool: Integration;
  method: AuthMethod;
  onSaved: () => void;
  onCancel?: () => void;
}) {
  const mayChange = useMay('admin');
  const contact = useHelpContact();
  if (!mayChange) {
    return (
      <Notice tone="grey" title={`${tool.name} needs a one-time sign-in setup first.`}>
        <p>An owner or admin enters it here once. Ask {contact}.</p>
      </Notice>
    );
  }
  return (
    <Section
      title="One-time sign-in setup"
      about={`Once per workspace: ${tool.name} gives access to registered apps only. After that, connecting takes a click.`}
    >
      <SetupForm tool={tool} method={method} onSaved={onSaved} {...(onCancel && { onCancel })} />
    </Section>
  );
}

interface ScopesProps {
  method: AuthMethod;
  chosen: string[];
  onChoose: (scopes: string[]) => void;
  toolName: string;
}

/** What is asked for, and what may be asked for besides. */
function Scopes({ method, chosen, onChoose, toolName }: ScopesProps) {
  const needed = method.scopes.filter((scope) => !scope.is_optional);
  const optional = method.scopes.filter((scope) => scope.is_optional);
  if (method.scopes.length === 0) return null;
  return (
    <>
      {needed.length > 0 && (
        <details className={styles.scopes}>
          <summary>What {toolName} will be asked to allow</summary>
          <ul>
            {needed.map((scope) => (
              <li key={scope.name}>
                {scope.description ?? <code>{scope.name}</code>}
                {scope.description !== null && <code className={styles.code}>{scope.name}</code>}
              </li>
            ))}
          </ul>
        </details>
      )}
      {optional.length > 0 && (
        <Checkbox.Group label="Also ask for" value={chosen} onChange={onChoose}>
          <div className={styles.optional}>
            {optional.map((scope) => (
              <Checkbox
                key={scope.name}
                value={scope.name}
                label={scope.description ?? scope.name}
                {...(scope.description !== null && { description: scope.name })}
                size="xs"
              />
            ))}
          </div>
        </Checkbox.Group>
      )}
    </>
  );
}
