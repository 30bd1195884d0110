import { Link } from '@tanstack/react-router';
import { useMay } from '../../../lib/use-role.ts';

/** For those who may change it: the way to what this server knows of its own setup. */
export function CheckSetup({ children }: { children?: React.ReactNode }) {
  if (!useMay('admin')) return null;
  return (
    <p>
      {children} <Link to="/settings/check">Check my setup</Link>
    </p>
  );
}
