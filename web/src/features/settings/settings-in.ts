/**
 * The settings that a step names in full: to be taken along rather than typed. No commands: what decides something (whether
 * this is the original or a copy) is not put into anybody's hand beside the words that say when.
 */
export function settingsIn(step: string | null): string[] {
  if (step === null) return [];
  const written = [...step.matchAll(/\bKEYRAIL_[A-Z_]+=[^\s;]*[^\s;,.]/g)].map(([setting]) => setting);
  // "Set KEYRAIL_PUBLIC_URL to https://…", with or without words between.
  const said = [...step.matchAll(/\b(KEYRAIL_[A-Z_]+) to [^.]*?(https?:\/\/[^\s;,]*[^\s;,.])/g)];
  return [...new Set([...written, ...said.map(([, name, value]) => `${name}=${value}`)])];
}
