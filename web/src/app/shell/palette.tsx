import { Modal } from '@mantine/core';
import {
  IconBell,
  IconCalendarDue,
  IconChecklist,
  IconHistory,
  IconHome,
  IconKey,
  IconPlugConnected,
  IconSearch,
  IconSettings,
  IconSun,
  IconTable,
  IconUser,
  IconUserShield,
  IconUsers,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { integrationsQuery, tablesQuery } from '../../lib/queries.ts';
import { useMay, useSeesConnections } from '../../lib/use-role.ts';
import { IntegrationIcon } from '../../ui/integration-icon.tsx';
import styles from './palette.module.css';

interface Command {
  id: string;
  group: 'Pages' | 'Tables' | 'Connect a tool';
  label: string;
  /** Other words it is found by. */
  also?: string;
  icon: React.ReactNode;
  to: string;
  /** Left out for those who would only read there whom to ask. */
  forManagers?: boolean;
}

const pages: Command[] = [
  { id: 'overview', label: 'Overview', to: '/', icon: <IconHome size={16} />, also: 'home' },
  { id: 'tables', label: 'Tables', to: '/tables', icon: <IconTable size={16} />, also: 'import csv lists' },
  {
    id: 'connections',
    label: 'Connections',
    to: '/settings/connections',
    icon: <IconPlugConnected size={16} />,
    also: 'integrations connected apps keys',
  },
  {
    id: 'expiries',
    label: 'What ends when',
    to: '/settings/what-ends-when',
    icon: <IconCalendarDue size={16} />,
    also: 'settings expiry expires calendar certificates rotation renew',
  },
  {
    id: 'notices',
    label: 'Notices',
    to: '/notices',
    icon: <IconBell size={16} />,
    also: 'bell alerts needs attention',
  },
  {
    id: 'general',
    label: 'General',
    to: '/settings/general',
    icon: <IconSettings size={16} />,
    also: 'settings workspace name',
  },
  {
    id: 'setups',
    label: 'Sign-in setups',
    to: '/settings/sign-in-setups',
    icon: <IconUserShield size={16} />,
    also: 'settings oauth app client id secret redirect',
    forManagers: true,
  },
  {
    id: 'notifications',
    label: 'Notifications',
    to: '/settings/notifications',
    icon: <IconBell size={16} />,
    also: 'settings email chat webhook channels deliveries',
    forManagers: true,
  },
  {
    id: 'check',
    label: 'Check my setup',
    to: '/settings/check',
    icon: <IconChecklist size={16} />,
    also: 'settings doctor public url https proxy callback clock',
    forManagers: true,
  },
  {
    id: 'members',
    label: 'Members',
    to: '/settings/members',
    icon: <IconUsers size={16} />,
    also: 'settings people invite roles users',
  },
  {
    id: 'tokens',
    label: 'API tokens',
    to: '/settings/tokens',
    icon: <IconKey size={16} />,
    also: 'settings',
    forManagers: true,
  },
  {
    id: 'audit',
    label: 'Audit log',
    to: '/settings/audit',
    icon: <IconHistory size={16} />,
    also: 'settings history who',
    forManagers: true,
  },
  {
    id: 'profile',
    label: 'Profile',
    to: '/settings/profile',
    icon: <IconUser size={16} />,
    also: 'settings account',
  },
  {
    id: 'appearance',
    label: 'Appearance',
    to: '/settings/appearance',
    icon: <IconSun size={16} />,
    also: 'settings dark light theme',
  },
].map((page: Omit<Command, 'group'>) => ({ ...page, group: 'Pages' }));

/** Goes to a page, opens a table, or leads to where a tool is connected. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const commands = useCommands(useDeferredValue(typed.trim()));
  const current = Math.min(at, Math.max(0, commands.length - 1));

  const go = (command: Command | undefined) => {
    if (command === undefined) return;
    onClose();
    void navigate({ to: command.to });
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter') go(commands[current]);
    if (step === undefined || commands.length === 0) return;
    event.preventDefault();
    setAt((current + step + commands.length) % commands.length);
  };

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={600}
      aria-label="Search and commands"
    >
      <div className={styles.field}>
        <IconSearch size={18} aria-hidden />
        <input
          className={styles.input}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
          placeholder="Go to a page, open a table, connect a tool"
          role="combobox"
          aria-label="Search and commands"
          aria-expanded
          aria-controls="palette-list"
          aria-activedescendant={commands[current] && `palette-${commands[current].id}`}
          data-autofocus
        />
      </div>
      <div className={styles.list} id="palette-list" role="listbox" aria-label="Results">
        {commands.map((command, index) => (
          <div key={command.id}>
            {commands[index - 1]?.group !== command.group && <p className={styles.group}>{command.group}</p>}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field above holds the focus and takes the keys */}
            <div
              id={`palette-${command.id}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === current}
              className={styles.option}
              onClick={() => go(command)}
              onMouseMove={() => index !== current && setAt(index)}
              ref={(node) => {
                if (index === current) node?.scrollIntoView({ block: 'nearest' });
              }}
            >
              <span className={styles.icon}>{command.icon}</span>
              <span className="k-clip">{command.label}</span>
            </div>
          </div>
        ))}
        {commands.length === 0 && <p className={styles.none}>Nothing here is called “{typed.trim()}”.</p>}
      </div>
    </Modal>
  );
}

function useCommands(search: string): Command[] {
  const tables = useQuery(tablesQuery);
  const seesConnections = useSeesConnections();
  const mayManage = useMay('admin');
  const tools = useQuery({
    ...integrationsQuery({ search, limit: 8 }),
    enabled: search !== '' && seesConnections,
  });
  const wanted = search.toLowerCase();
  const fits = (command: Command) => `${command.label} ${command.also ?? ''}`.toLowerCase().includes(wanted);
  const tableCommands = (tables.data?.data ?? [])
    .map(
      (table): Command => ({
        id: table.id,
        group: 'Tables',
        label: table.name,
        icon: <IconTable size={16} />,
        to: `/tables/${table.id}`,
      }),
    )
    .filter(fits)
    .slice(0, search === '' ? 5 : 10);
  const toolCommands = (search === '' || !seesConnections ? [] : (tools.data?.data ?? [])).map(
    (tool): Command => ({
      id: tool.slug,
      group: 'Connect a tool',
      label: tool.name,
      icon: <IntegrationIcon icon={tool.icon} size={20} />,
      to: `/settings/connections/${tool.slug}`,
    }),
  );
  const shownPages = pages.filter((page) =>
    page.id === 'connections' || page.id === 'expiries' ? seesConnections : mayManage || !page.forManagers,
  );
  return [...shownPages.filter(fits), ...tableCommands, ...toolCommands];
}
