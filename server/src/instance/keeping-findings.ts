import type { Finding, SetupFacts } from './setup-facts.ts';
import { whatToDecide, whyQuarantined } from './words.ts';

/** One-time sign-in setups that stopped fitting what is registered at the tools. */
export function setupsFinding({ setups }: SetupFacts): Finding {
  const base = { id: 'sign_in_setups', title: 'Sign-in setups' } as const;
  const refused = setups.filter((one) => one.refused !== null);
  const moved = setups.filter((one) => one.enteredUnder !== null && one.enteredUnder !== one.redirectUri);
  if (refused.length === 0 && moved.length === 0) {
    const message = setups.length === 0 ? 'There is none yet.' : 'None is known to be refused.';
    return { ...base, state: 'ok', message, next_step: null };
  }
  const messages = [
    ...refused.map(
      ({ name, refused: why }) => `${name} refuses its client ID or secret: ${why?.message ?? ''}`,
    ),
    ...movedWords(moved),
  ];
  const steps = [
    ...refused.map(({ name }) => `Enter the client ID and secret of ${name} again.`),
    ...(moved.length === 0
      ? []
      : ['Register the new redirect URIs at the tools, then save those setups once more.']),
  ];
  return { ...base, state: 'problem', message: messages.join(' '), next_step: steps.join(' ') };
}

/** With a new public address all of them have moved, in the same way: one sentence, and the first as the example. */
function movedWords(moved: SetupFacts['setups']): string[] {
  const [first, ...others] = moved;
  if (first === undefined) return [];
  const { name, enteredUnder, redirectUri } = first;
  const words = `The redirect URI of ${name} was ${enteredUnder} when its setup was entered, and is ${redirectUri} now`;
  if (others.length === 0) return [`${words}: ${name} refuses sign-ins until that one is registered.`];
  const names = new Intl.ListFormat('en').format(others.map((one) => one.name));
  return [
    `${words}. So it is with ${names}. They refuse sign-ins until the new redirect URIs are registered.`,
  ];
}

export function masterKeyFinding({ masterKey }: SetupFacts): Finding {
  const base = { id: 'master_key', title: 'Master key' } as const;
  if (masterKey.kind === 'setting') {
    const message =
      'It comes from KEYRAIL_MASTER_KEY. Without it nothing that is stored can be opened: keep it in a second place.';
    return { ...base, state: 'ok', message, next_step: null };
  }
  if (!masterKey.isThere) {
    return {
      ...base,
      state: 'problem',
      message:
        'The key file is not there. A server that runs goes on until its next start, and then does not.',
      next_step: 'Put the key file back from your backup, or set KEYRAIL_MASTER_KEY.',
    };
  }
  if (masterKey.isReadableByOthers) {
    return {
      ...base,
      state: 'problem',
      message: 'The key file can be read by others on this machine.',
      next_step: 'Take the right from them (chmod 600), and rotate the key if somebody may have read it.',
    };
  }
  if (masterKey.isAmongData) {
    return {
      ...base,
      state: 'warning',
      message:
        'The key file lies in the data folder, so whoever copies the folder can open everything in it.',
      next_step: 'Move it to another folder, and set KEYRAIL_MASTER_KEY_FILE to where it is.',
    };
  }
  const message =
    'It lies in a file of its own, apart from the data, that only its owner can read. Without it nothing that is stored can be opened: keep a copy of it in a second place.';
  return { ...base, state: 'ok', message, next_step: null };
}

/** What was found by use and by the daily checks; `keyrail key status --check` opens everything. */
export function damagedFinding({
  damagedConnections: count,
}: Pick<SetupFacts, 'damagedConnections'>): Finding {
  const base = { id: 'damaged_records', title: 'Stored credentials' } as const;
  if (count === 0) {
    const message = 'None is known to be unreadable.';
    return { ...base, state: 'ok', message, next_step: null };
  }
  const whose = count === 1 ? 'of one connection' : `of ${count} connections`;
  return {
    ...base,
    state: 'problem',
    message: `The stored credentials ${whose} can no longer be read. All others work.`,
    next_step:
      'Enter them again, at the connections that are marked; or restore the database from a backup, if more than they were damaged.',
  };
}

export function copyFinding({ instance, instanceSetting }: SetupFacts): Finding {
  const base = { id: 'copy', title: 'Original or copy' } as const;
  if (instance === null) {
    const message = 'The database gets its instance id with the first start of the server.';
    return { ...base, state: 'ok', message, next_step: null };
  }
  if (instance.kind === 'confirmed') {
    const message = 'This server works for the database it was set up with.';
    return { ...base, state: 'ok', message, next_step: null };
  }
  return {
    ...base,
    state: 'problem',
    message: whyQuarantined(instance.because, instance.id, instanceSetting),
    next_step: whatToDecide(instance.because, instance.id),
  };
}

const DAY_MS = 86_400_000;
const OLD_DAYS = 7;

/** What else backs the database up is not known here. */
export function backupFinding({ lastBackupAt, now }: Pick<SetupFacts, 'lastBackupAt' | 'now'>): Finding {
  const base = { id: 'backup', title: 'Backup' } as const;
  const how = 'Run "npm run keyrail -- backup FILE", and have it run every day.';
  if (lastBackupAt === null) {
    const message = 'No backup made with "keyrail backup" is known.';
    return {
      ...base,
      state: 'unknown',
      message,
      next_step: `${how} If the database is backed up otherwise, all is well.`,
    };
  }
  const days = Math.max(0, Math.floor((now.getTime() - lastBackupAt.getTime()) / DAY_MS));
  const when = days === 0 ? 'within the last day' : `${days} ${days === 1 ? 'day' : 'days'} ago`;
  const message = `The last backup with "keyrail backup" was made ${when}.`;
  if (days < OLD_DAYS) return { ...base, state: 'ok', message, next_step: null };
  return { ...base, state: 'warning', message, next_step: how };
}
