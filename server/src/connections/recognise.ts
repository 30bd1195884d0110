import type { Recognised } from '@keyrail/contract/integrations';
import type { Catalogs } from '../catalog/catalogs.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Who } from '../workspaces/who.ts';
import type { Entered } from './connect.ts';
import { recogniseEntered } from './entered.ts';
import { chooseMethod } from './method.ts';

/**
 * What an entered file or key is, by the same eyes that look at it when it is saved. Nothing is stored, nobody is called, and
 * nothing secret comes back.
 */
export async function recognise(
  deps: { catalogs: Catalogs; clock: Pick<Clock, 'now'> },
  who: Who,
  slug: string,
  { method: asked, credentials }: { method: string | undefined; credentials: Entered },
): Promise<Recognised> {
  const catalog = await deps.catalogs.of(who.workspaceId);
  if (catalog.get(slug) === undefined) throw new AppError('not_found');
  const { definition, method } = chooseMethod(catalog, slug, asked);
  return recogniseEntered(definition, method, credentials, deps.clock.now());
}
