import { connect, createServer, type Server, type Socket } from 'node:net';
import { ownPort } from './own-port.ts';

export interface Door {
  /** The database's address through the door. */
  url: string;
  port: number;
  /** Cuts every connection; new ones are refused. */
  shut(): Promise<void>;
  open(): Promise<void>;
  /** From now on takes connections and what is sent over them, and answers nothing: a database that hangs. */
  mute(): void;
  /** New connections are answered again. */
  unmute(): void;
}

/** A TCP port that leads to the database while it is open: for a database that goes away and comes back. */
export async function doorTo(url: string): Promise<Door> {
  const socketPath = `${new URL(url).searchParams.get('host')}/.s.PGSQL.5432`;
  let isMute = false;
  const open = new Set<Socket>();
  const make = () =>
    createServer((client) => {
      if (isMute) return void client.resume();
      const upstream = connect(socketPath);
      open.add(upstream);
      upstream.once('close', () => open.delete(upstream));
      // Cut, it is cut on both sides: else the database would keep what a transaction holds.
      client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
      client.pipe(upstream);
      upstream.on('error', () => client.destroy()).pipe(client);
    });
  let door: Listening | null = await listenOn(make());
  const { port } = door;
  const target = new URL(url);
  target.searchParams.delete('host');
  target.host = `127.0.0.1:${port}`;
  return {
    url: target.href,
    port,
    shut: async () => {
      const closing = door;
      door = null;
      await closing?.close();
    },
    open: async () => {
      door ??= await listenOn(make(), port);
    },
    mute: () => {
      isMute = true;
      for (const upstream of open) upstream.unpipe().pause();
    },
    unmute: () => {
      isMute = false;
    },
  };
}

export interface Listening {
  port: number;
  close(): Promise<void>;
}

/** Listens on loopback, and closes with all connections. The port is nobody else's afterwards, so that it can be listened on again. */
export async function listenOn(server: Server, port?: number): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  const at = port ?? (await ownPort());
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(at, '127.0.0.1', () => {
      server.removeListener('error', reject);
      resolve();
    }),
  );
  return {
    port: at,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
