import type { Page } from 'playwright-core';

/** The page as somebody of another role sees it. */
export async function asRole(page: Page, role: string): Promise<void> {
  await page.route('**/v1/session', async (route) => {
    const answer = await route.fetch();
    const session = (await answer.json()) as { workspaces: object[] };
    const workspaces = session.workspaces.map((workspace) => ({ ...workspace, role }));
    await route.fulfill({ response: answer, json: { ...session, workspaces } });
  });
  await page.reload();
}
