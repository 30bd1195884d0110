const UNITS = [
  { seconds: 31_536_000, name: 'year', article: 'a' },
  { seconds: 86_400, name: 'day', article: 'a' },
  { seconds: 3_600, name: 'hour', article: 'an' },
  { seconds: 60, name: 'minute', article: 'a' },
  { seconds: 1, name: 'second', article: 'a' },
];

/** "30 minutes", "90 days": in the largest unit that says it without a fraction. */
export function durationWords(seconds: number): string {
  const { many, name } = inUnits(seconds);
  return `${plainNumber(many)} ${name}${many === 1 ? '' : 's'}`;
}

/** What follows "100 calls": "a second", "in 10 seconds". */
export function perWords(seconds: number): string {
  const { many, name, article } = inUnits(seconds);
  return many === 1 ? `${article} ${name}` : `in ${plainNumber(many)} ${name}s`;
}

/** With separators from four digits on, whatever language the server's machine speaks. */
export function plainNumber(value: number): string {
  const [whole = '', fraction] = String(value).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function inUnits(seconds: number): { many: number; name: string; article: string } {
  const unit = UNITS.find((one) => seconds >= one.seconds && seconds % one.seconds === 0);
  const { seconds: size, name, article } = unit ?? { seconds: 1, name: 'second', article: 'a' };
  return { many: seconds / size, name, article };
}
