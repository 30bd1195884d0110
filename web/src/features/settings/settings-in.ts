/** The settings that a step names in full: to be taken along rather than typed. */
export function settingsIn(step: string | null): string[] {
  const found = step?.match(/\bKEYRAIL_[A-Z_]+=[^\s,;]*[^\s,;.]/g) ?? [];
  return [...new Set(found)];
}
