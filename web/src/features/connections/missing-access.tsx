import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { Button } from '@mantine/core';
import { Notice } from '../../ui/notice.tsx';
import { methodOf } from './methods.ts';

interface Props {
  tool: Integration;
  connection: Connection;
  /** Begins a new sign-in for the connection; left out for those who may not, and where it is on its way. */
  onSignInAgain?: (() => void) | undefined;
}

/** Works, but for what the sign-in did not allow. */
export const lacksAccess = ({ missing_scopes, limited_actions, status }: Connection): boolean =>
  status !== 'disconnected' && missing_scopes.length + limited_actions.length > 0;

/** How it stands in a list: what was asked for and not allowed at the tool is seen there; what nobody asked for is no flaw. */
export const shownStatus = (connection: Connection): Connection['status'] =>
  connection.status === 'connected' && connection.missing_scopes.length > 0 ? 'limited' : connection.status;

/** What was asked for at the sign-in and not allowed, and which actions will not work for it. */
export function MissingAccess({ tool, connection, onSignInAgain }: Props) {
  const { missing_scopes: missing, limited_actions: limited } = connection;
  if (!lacksAccess(connection)) return null;
  return (
    <Notice
      tone="amber"
      title={
        limited.length > 0
          ? `Will not work: ${limited.map((action) => action.label).join(', ')}.`
          : `${tool.name} did not allow everything that was asked for.`
      }
      action={
        onSignInAgain && (
          <Button variant="default" size="compact-sm" onClick={onSignInAgain}>
            Sign in again to allow it
          </Button>
        )
      }
    >
      {missing.length > 0 && (
        <p>
          Asked for and not allowed:{' '}
          {missing.map((scope, at) => (
            <span key={scope}>
              {at > 0 && ', '}
              <ScopeName tool={tool} connection={connection} scope={scope} />
            </span>
          ))}
          .
        </p>
      )}
    </Notice>
  );
}

/** In the words of the catalog where it has some. */
export function ScopeName({ tool, connection, scope }: Omit<Props, 'onSignInAgain'> & { scope: string }) {
  const known = methodOf(tool, connection)?.scopes.find((one) => one.name === scope);
  if (known?.description == null) return <code>{scope}</code>;
  return <span title={scope}>{known.description}</span>;
}
