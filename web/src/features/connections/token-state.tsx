import type { Connection } from '@keyrail/contract/connections';
import { Ago } from '../../ui/ago.tsx';
import { Notice } from '../../ui/notice.tsx';
import styles from './connection-drawer.module.css';

/** How the access lives on: when it was renewed, when it will be, and what kept the last renewal from coming about. */
export function TokenState({ connection }: { connection: Connection }) {
  const { token } = connection;
  if (token === null || connection.status === 'disconnected') return null;
  return (
    <>
      <p className="k-2">
        <Life connection={connection} token={token} />
      </p>
      {token.problem !== null && (
        <div className={styles.problem}>
          <Notice tone="amber" title={token.problem}>
            {!token.is_refused && token.expires_at !== null && Date.parse(token.expires_at) > Date.now() && (
              <p>
                The present access is used until its end, <Ago at={token.expires_at} />.
              </p>
            )}
            {token.is_refused && token.ended_because === null && (
              <p>The tool has refused the present access: calls fail until it is renewed.</p>
            )}
          </Notice>
        </div>
      )}
    </>
  );
}

interface LifeProps {
  connection: Connection;
  token: NonNullable<Connection['token']>;
}

function Life({ connection, token }: LifeProps) {
  const { renewed_at: last, next_renewal_at: next, expires_at: end } = token;
  const isBySignIn = connection.method === 'oauth2';
  if (next !== null || (last !== null && end === null)) {
    return (
      <>
        {isBySignIn ? 'Access is renewed by itself' : 'Its token is made anew by itself'}
        {last !== null && (
          <>
            ; the present {isBySignIn ? 'one was given' : 'one was made'} <Ago at={last} />
          </>
        )}
        {next !== null && (
          <>
            ; next <NextTime at={next} />
          </>
        )}
        .
      </>
    );
  }
  if (end === null) return <>The tool does not say when this access ends; its end is noticed.</>;
  return (
    <>
      This access ends <Ago at={end} />
      {isBySignIn ? ', and is not renewed: then somebody signs in again.' : '.'}
    </>
  );
}

/** One that is due by now is not told as past. */
function NextTime({ at }: { at: string }) {
  return Date.parse(at) <= Date.now() ? <>at any moment</> : <Ago at={at} />;
}
