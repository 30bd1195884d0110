import type { Finding, SetupFacts } from './setup-facts.ts';

/** Signed service-account keys say when they were signed, and several providers take five minutes at most; a few take one. */
const MOST_MS = 60_000;

interface Compared {
  /** "the database's clock". */
  whose: string;
  skewMs: number;
  state: 'problem' | 'warning';
}

/** Clocks that Keyrail depends on, against this server's. */
export function clockFinding(facts: SetupFacts): Finding {
  const base = { id: 'clock', title: 'Clocks' } as const;
  const compared = comparedWith(facts);
  const off = compared.filter(({ skewMs }) => Math.abs(skewMs) > MOST_MS);
  if (off.length === 0) {
    const whose = new Intl.ListFormat('en').format(compared.map((one) => one.whose));
    return { ...base, state: 'ok', message: `This server agrees with ${whose}.`, next_step: null };
  }
  const isProblem = off.some(({ state }) => state === 'problem');
  const differences = off.map(({ whose, skewMs }) => `${whose} is ${ahead(skewMs)}`).join('; ');
  return {
    ...base,
    state: isProblem ? 'problem' : 'warning',
    message: isProblem
      ? `Compared with this server, ${differences}. Signed keys of service accounts are refused by tools, and tokens are renewed too late or too often.`
      : `Compared with this server, ${differences}. Nothing depends on it, but times on these pages look wrong.`,
    next_step: isProblem
      ? 'Let every machine that runs Keyrail or its database set its clock by NTP (timedatectl set-ntp true, or chrony), and look which of them is off.'
      : 'Let that computer set its clock by itself.',
  };
}

function comparedWith({ databaseSkewMs, self, toolsSkew, browser }: SetupFacts): Compared[] {
  const compared: Compared[] = [
    { whose: 'the clock of the database', skewMs: databaseSkewMs, state: 'problem' },
  ];
  if (self.kind === 'ours' && self.skewMs !== null) {
    compared.push({ whose: 'the clock at the public address', skewMs: self.skewMs, state: 'problem' });
  }
  if (toolsSkew !== null) {
    const whose =
      toolsSkew.hosts === 1
        ? 'the clock of a tool that was called'
        : 'the clock of the tools that were called';
    compared.push({ whose, skewMs: toolsSkew.medianMs, state: 'problem' });
  }
  if (browser !== null && browser.skewMs !== null) {
    compared.push({ whose: 'the clock of your computer', skewMs: browser.skewMs, state: 'warning' });
  }
  return compared;
}

function ahead(skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const long =
    seconds < 120
      ? `${seconds} seconds`
      : seconds < 7200
        ? `${Math.round(seconds / 60)} minutes`
        : `${Math.round(seconds / 3600)} hours`;
  return `${long} ${skewMs > 0 ? 'ahead' : 'behind'}`;
}
