import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { oauthAppsQuery } from '../../lib/queries.ts';
import { useHelpContact, useMay } from '../../lib/use-role.ts';
import { Notice } from '../../ui/notice.tsx';
import styles from './app-page.module.css';

interface Props {
  tool: Integration;
  connections: Connection[];
}

/** The tool refuses the one-time sign-in setup: said where its connections are, as signing in again does not help. */
export function RefusedSetup({ tool, connections }: Props) {
  const maySee = useMay('admin');
  const contact = useHelpContact();
  const isSignedIn = tool.auth_methods.some(({ kind }) => kind === 'oauth2');
  const apps = useQuery({ ...oauthAppsQuery, enabled: maySee && isSignedIn });
  const refused = apps.data?.data.find((app) => app.integration === tool.slug && app.problem !== null);
  // Who does not see the setups reads it from a connection that waits for one.
  const isWaiting = connections.some(({ token }) => token?.problem_kind === 'setup_rejected');
  if (maySee ? refused === undefined : !isWaiting) return null;
  return (
    <div className={styles.ailing}>
      {maySee ? (
        <Notice
          tone="red"
          title={`${tool.name} refuses the one-time sign-in setup.`}
          action={<Link to="/settings/sign-in-setups">Sign-in setups</Link>}
        />
      ) : (
        <Notice tone="amber" title={`${tool.name}: its sign-in setup is refused. Ask ${contact}.`} />
      )}
    </div>
  );
}
