/** What else people upload by mistake, by its first bytes. */
const SIGNATURES: readonly (readonly [bytes: string, name: string, whatToDo: string])[] = [
  ['\xd0\xcf\x11\xe0', 'an Excel workbook (.xls)', 'Save it as CSV in Excel first.'],
  ['\x1f\x8b', 'a gzip archive', 'Unpack it first.'],
  ['BZh', 'a bzip2 archive', 'Unpack it first.'],
  ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive', 'Unpack it first.'],
  ['Rar!', 'a RAR archive', 'Unpack it first.'],
  ['\xfd7zXZ', 'an xz archive', 'Unpack it first.'],
  ['\x28\xb5\x2f\xfd', 'a zstd archive', 'Unpack it first.'],
  ['%PDF-', 'a PDF', 'Export the table behind it as CSV.'],
  ['PAR1', 'a Parquet file', 'Export it as CSV first.'],
  ['SQLite format 3', 'an SQLite database', 'Export the table as CSV first.'],
  ['\x89PNG', 'a picture (PNG)', 'Choose a CSV file.'],
  ['\xff\xd8\xff', 'a picture (JPEG)', 'Choose a CSV file.'],
  ['GIF8', 'a picture (GIF)', 'Choose a CSV file.'],
  ['{\\rtf', 'a text document (RTF)', 'Save it as CSV first.'],
];

const ZIP_STARTS = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'];

/** A sentence about what this is, when it is something else than text; null for what may be a CSV. Opens nothing. */
export function notACsv(start: Buffer): string | null {
  const head = start.toString('latin1', 0, 4096);
  if (ZIP_STARTS.some((bytes) => head.startsWith(bytes))) return zipContent(head);
  for (const [bytes, name, whatToDo] of SIGNATURES)
    if (head.startsWith(bytes)) return `This is ${name}, not a CSV. ${whatToDo}`;
  if (/^(?:ï»¿)?\s{0,100}<(?:!doctype html|html|\?xml)/i.test(head))
    return 'This is a web page or XML, not a CSV. Was it downloaded without being signed in?';
  return null;
}

function zipContent(head: string): string {
  if (head.includes('xl/') || head.includes('[Content_Types].xml'))
    return 'This is an Excel workbook (.xlsx), not a CSV. Save it as CSV in Excel first.';
  if (head.includes('mimetypeapplication/vnd.oasis'))
    return 'This is an OpenDocument file, not a CSV. Save it as CSV first.';
  return 'This is a zip archive, not a CSV. Unpack it first.';
}
