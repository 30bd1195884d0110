import type { Ber } from './ber.ts';

/** DER of one value (X.690 §10). */
export function der(tag: number, ...parts: (Buffer | string)[]): Buffer {
  const content = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)),
  );
  const size = content.length;
  const length = size < 0x80 ? [size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
export const sequence = (...parts: (Buffer | string)[]) => der(0x30, ...parts);
export const octets = (content: Buffer | string) => der(0x04, content);
export const integer = (value: number) =>
  der(0x02, `00${value.toString(16).padStart(8, '0')}`.replace(/^(00)+(?=0)/, ''));

/** The same value as Bouncy Castle and browsers write it: lengths are not said ahead, and octets come in pieces. */
export function withoutLengths({ tag, content, whole, parts }: Ber, levels: number): Buffer {
  if (levels === 0) return whole;
  const end = Buffer.from([0, 0]);
  if (tag === 0x04) {
    const half = content.length >> 1;
    const pieces = [content.subarray(0, half), content.subarray(half)].map((piece) => octets(piece));
    return Buffer.concat([Buffer.from([0x24, 0x80]), ...pieces, end]);
  }
  if (parts.length === 0) return whole;
  const inner = parts.map((part) => withoutLengths(part, levels - 1));
  return Buffer.concat([Buffer.from([tag, 0x80]), ...inner, end]);
}
