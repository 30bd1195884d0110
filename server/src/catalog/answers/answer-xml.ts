/** Deeper than any API, as with JSON. */
const MAX_DEPTH = 100;

interface Element {
  name: string;
  children: Map<string, unknown[]>;
  text: string;
}

/** A tag, a comment, CDATA, or an instruction; each is found by its end, so that no text makes this slow. */
const ENDS: readonly (readonly [string, string])[] = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
];

/**
 * An XML answer as the JSON it would be: elements are members, text is a string, attributes and namespaces are left out.
 * `lists`: elements that are lists even where there is one of them. undefined where it is no XML. A document type is
 * refused: entities of one's own are how XML reads files and grows without end.
 */
export function answerXml(text: string, lists: readonly string[]): unknown {
  const stack: Element[] = [{ name: '', children: new Map(), text: '' }];
  const isList = new Set(lists);
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('<', at);
    const top = stack.at(-1);
    if (top === undefined) return undefined;
    top.text += unescaped(text.slice(at, open === -1 ? text.length : open));
    if (open === -1) break;
    const special = ENDS.find(([start]) => text.startsWith(start, open));
    const [start, end] = special ?? ['<', '>'];
    const close = text.indexOf(end, open + start.length);
    if (close === -1) return undefined;
    const inside = text.slice(open + start.length, close);
    at = close + end.length;
    if (start === '<![CDATA[') top.text += inside;
    if (special === undefined && !tag(stack, inside, isList)) return undefined;
    if (stack.length > MAX_DEPTH) return undefined;
  }
  const [root] = stack;
  if (stack.length !== 1 || root === undefined || root.children.size !== 1 || root.text.trim() !== '')
    return undefined;
  const isPage = [...root.children.keys()].some((name) => name.toLowerCase() === 'html');
  return isPage ? undefined : elementValue(root, isList);
}

/** False where this is no tag that fits. */
function tag(stack: Element[], inside: string, isList: ReadonlySet<string>): boolean {
  if (inside.startsWith('!')) return false;
  if (inside.startsWith('/')) {
    const closed = stack.pop();
    const parent = stack.at(-1);
    if (closed === undefined || parent === undefined || closed.name !== localName(inside.slice(1)))
      return false;
    add(parent, closed.name, elementValue(closed, isList));
    return true;
  }
  const name = localName(inside);
  const parent = stack.at(-1);
  if (name === '' || parent === undefined) return false;
  if (inside.endsWith('/')) add(parent, name, '');
  else stack.push({ name, children: new Map(), text: '' });
  return true;
}

function add(parent: Element, name: string, value: unknown): void {
  const known = parent.children.get(name);
  if (known === undefined) parent.children.set(name, [value]);
  else known.push(value);
}

/** "s3:Bucket xmlns=…" is Bucket. */
function localName(text: string): string {
  const name = /^[^\s/>]+/.exec(text)?.[0] ?? '';
  return name.slice(name.indexOf(':') + 1);
}

function elementValue({ children, text }: Element, isList: ReadonlySet<string>): unknown {
  if (children.size === 0) return text.trim();
  const members = [...children].map(([name, values]) => [
    name,
    values.length > 1 || isList.has(name) ? values : values[0],
  ]);
  return Object.fromEntries(members);
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The five of XML and characters by their number; any other stays as it is written. */
function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g,
    (all, decimal, hex, name: string | undefined) => {
      if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? all) : all;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
        ? String.fromCodePoint(code)
        : all;
    },
  );
}
