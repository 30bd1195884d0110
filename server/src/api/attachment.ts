/**
 * Content-Disposition of a file to be saved (RFC 6266): a plain name for old clients, and the whole one in UTF-8 (RFC 8187).
 * Nothing of the name can leave its quotes or reach into another header.
 */
export function attachment(fileName: string): string {
  const name = fileName
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}/\\:*?"<>|]+/gu, '_')
    .replace(/^[.\s]+/, '');
  const dot = name.lastIndexOf('.');
  const short = `${Array.from(name.slice(0, dot)).slice(0, 100).join('')}${name.slice(dot)}`;
  const plain = short.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_');
  const encoded = encodeURIComponent(short).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
