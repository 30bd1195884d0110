/** The settings and commands that a step names in full: to be taken along rather than typed. */
export function settingsIn(step: string | null): string[] {
  if (step === null) return [];
  const written = [...step.matchAll(/\bKEYRAIL_[A-Z_]+=[^\s;]*[^\s;,.]/g)].map(([setting]) => setting);
  // "Set KEYRAIL_PUBLIC_URL to https://…", with or without words between.
  const said = [...step.matchAll(/\b(KEYRAIL_[A-Z_]+) to [^.]*?(https?:\/\/[^\s;,]*[^\s;,.])/g)];
  const commands = [...step.matchAll(/["“]((?:npm run )?keyrail [^"”]+)["”]/g)];
  return [
    ...new Set([
      ...written,
      ...said.map(([, name, value]) => `${name}=${value}`),
      ...commands.map(([, command = '']) => command),
    ]),
  ];
}
