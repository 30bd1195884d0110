import { browserFinding, callbackFinding, httpsFinding, publicUrlFinding } from './address-findings.ts';
import { catalogFinding } from './catalog-finding.ts';
import { clockFinding } from './clock-finding.ts';
import {
  backupFinding,
  copyFinding,
  damagedFinding,
  masterKeyFinding,
  setupsFinding,
} from './keeping-findings.ts';
import { proxyFinding } from './proxy-finding.ts';
import type { Finding, SetupFacts } from './setup-facts.ts';

/** "Check my setup": one list, for the page and for `keyrail doctor`. Each judges by what was gathered, and asks nobody. */
export function setupFindings(facts: SetupFacts): Finding[] {
  return [
    publicUrlFinding(facts),
    httpsFinding(facts),
    callbackFinding(facts),
    proxyFinding(facts),
    ...(facts.browser === null ? [] : [browserFinding(facts, facts.browser.origin)]),
    clockFinding(facts),
    setupsFinding(facts),
    catalogFinding(facts),
    masterKeyFinding(facts),
    damagedFinding(facts),
    copyFinding(facts),
    backupFinding(facts),
  ];
}
