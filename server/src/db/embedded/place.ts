import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, canReach } from './account.ts';

/** Where one embedded PostgreSQL keeps its things. */
export interface Place {
  /** Holds all the others but, at times, the socket. */
  home: string;
  data: string;
  socket: string;
  passwordFile: string;
  logFile: string;
  lockFile: string;
  /** There when the database has been made in the data. */
  databaseMark: string;
}

/** sockaddr_un takes 107 bytes on Linux and 103 on macOS, of which `/.s.PGSQL.5432.lock` needs 19. */
const SOCKET_FOLDER_MAX_BYTES = 103 - 19;

/**
 * PostgreSQL lives in `<dataDir>/postgres`. The exception: started by root (PostgreSQL then runs as another user) with a
 * data folder that this user cannot reach, such as a clone under /root, which only root may enter. Then it lives in
 * /var/lib/keyrail/<hash of the data folder's path>, and `<dataDir>/postgres-is-at` says so. Once decided it stays:
 * later changes of folder modes must not make a second, empty database appear.
 */
export function choosePlace(dataDir: string, account: Account): Place {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const realDir = realpathSync(dataDir);
  const home = decideHome(realDir, account);
  mkdirSync(home, { recursive: true, mode: 0o711 });
  if (account) chmodSync(home, 0o711);
  const inHome = join(home, 'socket');
  const fits = Buffer.byteLength(inHome) <= SOCKET_FOLDER_MAX_BYTES;
  return {
    home,
    data: join(home, 'data'),
    socket: fits ? inHome : join(tmpdir(), `keyrail-${shortHash(home)}`),
    passwordFile: join(home, 'password'),
    logFile: join(home, 'postgres.log'),
    lockFile: join(home, 'lock'),
    // Within the data: whoever puts other data in its place puts the mark in, or leaves it out, with it.
    databaseMark: join(home, 'data', 'keyrail-database'),
  };
}

function decideHome(dataDir: string, account: Account): string {
  const inside = join(dataDir, 'postgres');
  const pointer = join(dataDir, 'postgres-is-at');
  if (existsSync(pointer)) return readFileSync(pointer, 'utf8').trim();
  if (account && !existsSync(inside)) chmodSync(dataDir, 0o711);
  if (existsSync(join(inside, 'data')) || canReach(account, inside)) return inside;
  const elsewhere = join('/var/lib/keyrail', shortHash(dataDir), 'postgres');
  writeFileSync(pointer, `${elsewhere}\n`);
  return elsewhere;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
