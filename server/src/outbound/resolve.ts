import { lookup, Resolver } from 'node:dns/promises';

/** All addresses of a name. Rejects where there are none, or within its time limit. */
export type Resolve = (hostname: string) => Promise<string[]>;

export interface ResolveOptions {
  timeoutMs: number;
  /** DNS servers instead of the system's, `address:port`. */
  servers?: readonly string[];
}

/**
 * Look-ups without the thread pool first: `getaddrinfo` blocks one of four threads per silent server, and with
 * them file access and compression of the whole process. Only a name DNS does not know goes there, for the hosts file.
 * Look-ups of one name at one time are one.
 */
export function systemResolve(options: ResolveOptions): Resolve {
  const resolver = new Resolver({ timeout: Math.ceil(options.timeoutMs / 2), tries: 2 });
  if (options.servers) resolver.setServers(options.servers);
  const running = new Map<string, Promise<string[]>>();
  return (hostname) => {
    const present = running.get(hostname);
    if (present) return present;
    const started = withDeadline(resolveName(resolver, hostname), options.timeoutMs).finally(() =>
      running.delete(hostname),
    );
    running.set(hostname, started);
    return started;
  };
}

async function resolveName(resolver: Resolver, hostname: string): Promise<string[]> {
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return addresses;
  const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  if (!failures.every(mayBeInHostsFile)) throw failures[0];
  return (await lookup(hostname, { all: true })).map((answer) => answer.address);
}

function mayBeInHostsFile(failure: unknown): boolean {
  const code = failure instanceof Error && 'code' in failure ? failure.code : undefined;
  return code === 'ENOTFOUND' || code === 'ENODATA' || code === 'ECONNREFUSED';
}

async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the name was not resolved in time')), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
