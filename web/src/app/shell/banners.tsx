import { IconCloudOff, IconCopyOff, IconFlask } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../../lib/queries.ts';
import { useOnline } from '../../lib/use-online.ts';
import styles from './banners.module.css';

/** What holds for every page: nothing is sent, no network, or calls that go elsewhere than to the real tools. */
export function Banners() {
  const session = useQuery(sessionQuery);
  const isOnline = useOnline();
  return (
    <>
      {session.data?.is_quarantined === true && (
        <div className={styles.banner} data-tone="amber" role="status">
          <IconCopyOff size={15} aria-hidden />
          <span>
            <strong>Paused: this looks like a copy.</strong> Nothing is sent to any tool and no access is
            renewed until whoever runs this server says which it is:{' '}
            <code>npm run keyrail -- instance status</code> shows how.
          </span>
        </div>
      )}
      {session.data?.upstreams_redirected === true && (
        <div className={styles.banner} data-tone="amber" role="status">
          <IconFlask size={15} aria-hidden />
          <span>
            Calls to other tools are redirected on this server, so results may not come from the real ones.
          </span>
        </div>
      )}
      {!isOnline && (
        <div className={styles.banner} data-tone="grey" role="status">
          <IconCloudOff size={15} aria-hidden />
          <span>You are offline. What you see stays readable; changes wait until you are back.</span>
        </div>
      )}
    </>
  );
}
