import type { Integration } from '@keyrail/contract/integrations';
import type { OAuthApp } from '@keyrail/contract/oauth';
import { useQuery } from '@tanstack/react-query';
import { integrationQuery } from '../../../lib/queries.ts';
import { toastDone } from '../../../lib/toast.tsx';
import { Failed } from '../../../ui/notice.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { SetupForm } from '../sign-in/setup-form.tsx';

export const methodFor = (tool: Integration, app: OAuthApp | undefined) =>
  tool.auth_methods.find((one) => one.id === app?.method && one.kind === 'oauth2') ??
  tool.auth_methods.find((one) => one.kind === 'oauth2');

/** The form of a tool of which the slug is known. */
export function FormFor({ slug, app, onClose }: { slug: string; app?: OAuthApp; onClose: () => void }) {
  const tool = useQuery(integrationQuery(slug));
  if (tool.isPending) return <SkeletonRows rows={3} />;
  if (tool.isError) return <Failed error={tool.error} retry={() => void tool.refetch()} />;
  const method = methodFor(tool.data, app);
  if (method === undefined) return <p>{tool.data.name} is not connected by signing in.</p>;
  return (
    <SetupForm
      tool={tool.data}
      method={method}
      {...(app && { app })}
      onSaved={() => {
        toastDone(`The sign-in setup of ${tool.data.name} is saved.`);
        onClose();
      }}
      onCancel={onClose}
    />
  );
}
