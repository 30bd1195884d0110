import type { CustomIntegration as Presented } from '@keyrail/contract/custom';
import type { Shown } from '../custom/custom.ts';

/** A custom integration as the API shows it. There is no secret in it: those are entered with connections. */
export function presentCustom(
  { integration, warnings, credentialsKept }: Shown,
  connectionCount: number,
): Presented {
  const { described } = integration;
  return {
    id: integration.id,
    slug: integration.slug,
    name: described.name,
    description: described.description,
    icon: described.icon,
    base_url: described.base_url,
    allowed_hosts: described.allowed_hosts,
    auth: described.auth,
    headers: described.headers,
    check: described.check,
    actions: described.actions,
    connection_count: connectionCount,
    credentials_kept: credentialsKept,
    warnings,
    version: integration.version,
    created_at: integration.createdAt.toISOString(),
    created_by: integration.createdBy,
    updated_at: integration.updatedAt.toISOString(),
    updated_by: integration.updatedBy,
  };
}
