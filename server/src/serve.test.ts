import { Server } from 'node:net';
import { expect, test, vi } from 'vitest';
import { startApp } from '../test/app.ts';

test('a port that the system chooses is kept from the moment it is known, so that nobody else has it when it is needed', async () => {
  const listened = vi.spyOn(Server.prototype, 'listen');
  const app = await startApp();
  const asked = listened.mock.calls.map(([where]) => where);
  listened.mockRestore();
  await app.close();
  expect(asked).toEqual([{ host: '127.0.0.1', port: 0 }]);
});
