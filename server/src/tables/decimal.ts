/**
 * The number a decimal numeral stands for, or null where a JavaScript number cannot keep it to the last digit:
 * 12345678901234567890 would silently become 12345678901234567000.
 */
export function exactNumber(numeral: string): number | null {
  const number = Number(numeral);
  if (!Number.isFinite(number)) return null;
  return canonical(numeral) === canonical(String(number)) ? number : null;
}

const NUMERAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const WITH_DIGITS = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

export function isNumeral(text: string): boolean {
  return WITH_DIGITS.test(text);
}

/** Sign, digits without zeros around them, and the power of ten of the last digit: equal for equal numbers. */
function canonical(numeral: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] = NUMERAL.exec(numeral) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return '0';
  const kept = withoutTrailingZeros(digits);
  const exponent = Number(power) - fraction.length + (digits.length - kept.length);
  return `${sign === '-' ? '-' : ''}${kept}e${exponent}`;
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}
