import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';

/** The way to describe an app of one's own; what was searched for is its name. */
export function MakeCustom({ name }: { name: string }) {
  const navigate = useNavigate();
  const search = name === '' ? {} : { name };
  return (
    <Button
      variant="default"
      onClick={() => void navigate({ to: '/settings/connections/new-custom', search })}
    >
      Make a custom connection
    </Button>
  );
}
