import type { Integration } from '@keyrail/contract/integrations';
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { connectNameId } from '../connect-form.tsx';

interface Props {
  tool: Integration;
  /** Null: the form stands on the page itself. */
  onAdd: (() => void) | null;
}

export function AppButtons({ tool, onAdd }: Props) {
  return (
    <>
      {tool.is_custom && <EditApp slug={tool.slug} />}
      <Button
        leftSection={<IconPlus size={14} />}
        {...(onAdd === null ? { onClick: focusForm, variant: 'default' } : { onClick: onAdd })}
      >
        Add connection
      </Button>
    </>
  );
}

/** For an app that the workspace described itself. */
function EditApp({ slug }: { slug: string }) {
  return (
    <Button
      variant="default"
      renderRoot={(props) => <Link to="/settings/connections/$slug/edit" params={{ slug }} {...props} />}
    >
      Edit app
    </Button>
  );
}

/** While the form stands on the page, the button leads to it. */
function focusForm(): void {
  const field = document.getElementById(connectNameId);
  field?.focus();
  field?.scrollIntoView({ block: 'center' });
}
