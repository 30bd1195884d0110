/** A path joined to its base, or the reason why it would leave it. */
export type Confined =
  | { kind: 'inside'; url: string }
  | { kind: 'outside_base' }
  | { kind: 'invalid'; problem: string };

const MAX_URL_LENGTH = 16 * 1024;

/**
 * Joins a path (with an optional query) to a base URL, and says so where the result would not stay under it.
 * Both ways of joining that come with the language leave the base on `..`, `//host` and the like, so what could
 * mean two things is refused before joining, and the result is compared once more.
 */
export function confine(baseUrl: string, path: string): Confined {
  const [withoutFragment = ''] = path.split('#', 1);
  if (baseUrl.length + withoutFragment.length > MAX_URL_LENGTH) {
    return { kind: 'invalid', problem: 'is longer than 16,384 characters' };
  }
  if (/[^\x21-\x7e]/.test(withoutFragment)) {
    return { kind: 'invalid', problem: 'contains a character that must be percent-encoded' };
  }
  const [rawPath = ''] = withoutFragment.split('?', 1);
  if (/%(?![0-9a-f]{2})/i.test(rawPath)) {
    return { kind: 'invalid', problem: 'contains a % that encodes nothing' };
  }
  if (leavesBase(rawPath)) return { kind: 'outside_base' };
  return joined(baseUrl.replace(/\/+$/, ''), withoutFragment);
}

/** Encoded or not, once or twice: no segment may step up, and nothing may look like a host. */
function leavesBase(path: string): boolean {
  const plain = decodedTwice(path);
  if (plain.includes('\\') || plain.startsWith('//')) return true;
  if (plain !== '' && !plain.startsWith('/') && /^([a-z][a-z0-9+.-]*:|[:@.])/i.test(plain)) return true;
  // Some servers take what stands behind a semicolon for parameters of the segment, and drop it: "/..;/" steps up there.
  return plain.split('/').some((segment) => /^\.{1,2}(;|$)/.test(segment));
}

function decodedTwice(path: string): string {
  const decode = (text: string) =>
    text.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return decode(decode(path));
}

function joined(base: string, path: string): Confined {
  const separator = path === '' || path.startsWith('/') || path.startsWith('?') ? '' : '/';
  const url = `${base}${separator}${path}`;
  const [parsed, root] = [URL.parse(url), URL.parse(base)];
  if (parsed === null || root === null) return { kind: 'invalid', problem: 'is not a valid URL' };
  const rootPath = root.pathname.replace(/\/+$/, '');
  const isInside = parsed.pathname === rootPath || parsed.pathname.startsWith(`${rootPath}/`);
  return parsed.origin === root.origin && isInside ? { kind: 'inside', url } : { kind: 'outside_base' };
}
