import { StartRefused } from '../lib/start-refused.ts';
import { issueSetupCode } from '../workspaces/setup.ts';
import { createSetupStore } from '../workspaces/setup-store.ts';
import type { OperatorCommand } from './command.ts';

export const setupLink: OperatorCommand = {
  words: ['setup-link'],
  usage: 'setup-link',
  about:
    "Prints a new one-time link that makes a workspace and its owner's account, while there is no workspace. It works for 24 hours; earlier links stop working.",
  options: {},
  run: async ({ db, config, clock }) => {
    const code = await issueSetupCode({ setups: createSetupStore(db.system), clock });
    if (code === null) {
      throw new StartRefused(
        'There is a workspace already. Its owners and admins invite people; no link was made.',
      );
    }
    return `${config.publicUrl ?? `http://${config.host}:${config.port}`}/setup?code=${code}`;
  },
};
