/** What the page reads of an OpenAPI document. */
interface Operation {
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: object }[];
  requestBody?: { content?: Record<string, { schema?: object }> };
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: object }> }>;
}

interface Description {
  info: { title: string; description?: string | undefined };
  paths?: Record<string, object> | undefined;
  components?: { schemas?: Record<string, object> | undefined } | undefined;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** The API reference as one page without any script, made from the OpenAPI document. */
export function renderReference(document: object, nonce: string): string {
  const api = document as Description;
  const groups = groupByTag(api);
  const schemas = Object.entries(api.components?.schemas ?? {}).filter(([name]) => !name.endsWith('Input'));
  const links = [...groups.keys(), 'Shapes'].map(
    (tag) => `<li><a href="#${slug(tag)}">${escapeHtml(tag)}</a></li>`,
  );
  const sections = [...groups].map(
    ([tag, operations]) => `<h2 id="${slug(tag)}">${escapeHtml(tag)}</h2>${operations.join('')}`,
  );
  const shapes = schemas.map(
    ([name, schema]) =>
      `<details id="shape-${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary>${code(schema)}</details>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(api.info.title)} API</title><style nonce="${nonce}">${STYLE}</style></head><body><nav aria-label="Contents"><strong>${escapeHtml(api.info.title)} API</strong><ul>${links.join('')}</ul><p><a href="/openapi.json">openapi.json</a></p></nav><main><h1>${escapeHtml(api.info.title)} API</h1>${prose(api.info.description ?? '')}${sections.join('')}<h2 id="shapes">Shapes</h2>${shapes.join('')}</main></body></html>`;
}

function groupByTag(api: Description): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [path, item] of Object.entries(api.paths ?? {})) {
    for (const method of METHODS) {
      const operation = (item as Record<string, Operation | undefined>)[method];
      if (!operation) continue;
      const tag = operation.tags?.[0] ?? 'Other';
      groups.set(tag, [...(groups.get(tag) ?? []), renderOperation(method, path, operation)]);
    }
  }
  return groups;
}

function renderOperation(method: string, path: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(
    (one) =>
      `<tr><td><code>${escapeHtml(one.name)}</code></td><td>${escapeHtml(one.in)}${one.required ? ', required' : ''}</td><td>${escapeHtml(one.description ?? '')} <code>${escapeHtml(briefly(one.schema))}</code></td></tr>`,
  );
  const body = Object.entries(operation.requestBody?.content ?? {}).map(
    ([type, { schema }]) => `<h4>Body <small>${escapeHtml(type)}</small></h4>${code(schema ?? {})}`,
  );
  const answers = Object.entries(operation.responses ?? {}).map(([status, answer]) => {
    const schema = Object.values(answer.content ?? {})[0]?.schema;
    const isProblem = status.toLowerCase() === '4xx';
    return `<h4>${escapeHtml(status)} <small>${escapeHtml(answer.description ?? '')}</small></h4>${schema && !isProblem ? code(schema) : ''}`;
  });
  return `<details class="operation"><summary><span class="method ${method}">${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code> <span>${escapeHtml(operation.summary ?? '')}</span></summary>${prose(operation.description ?? '')}${parameters.length > 0 ? `<table>${parameters.join('')}</table>` : ''}${body.join('')}${answers.join('')}</details>`;
}

function briefly(schema: object | undefined): string {
  const { type, pattern, minimum, maximum } = (schema ?? {}) as Record<string, unknown>;
  const limits = [minimum !== undefined && `≥ ${minimum}`, maximum !== undefined && `≤ ${maximum}`].filter(
    Boolean,
  );
  return [type, ...limits, pattern && `pattern ${pattern}`].filter(Boolean).join(' ');
}

/** References to shapes become links; everything else is shown as the schema says it. */
function code(schema: object): string {
  const html = escapeHtml(JSON.stringify(schema, null, 2)).replace(
    /&quot;#\/components\/schemas\/([\w.-]+)&quot;/g,
    (_whole, name: string) => `<a href="#shape-${name}">${name}</a>`,
  );
  return `<pre>${html}</pre>`;
}

/** Paragraphs, lists and code spans: the little markdown our descriptions use. */
function prose(text: string): string {
  return text
    .split('\n\n')
    .map((paragraph) => {
      const [first = '', ...rest] = paragraph.split('\n');
      const items = rest
        .filter((line) => line.startsWith('- '))
        .map((line) => `<li>${spans(line.slice(2))}</li>`);
      return `<p>${spans(first)}</p>${items.length > 0 ? `<ul>${items.join('')}</ul>` : ''}`;
    })
    .join('');
}

function spans(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

function slug(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`).replace(/&#34;/g, '&quot;');
}

const STYLE = `:root{color-scheme:light dark;--line:light-dark(#dfe3e8,#30363d);--soft:light-dark(#f6f8fa,#161b22);--ink:light-dark(#1f2328,#e6edf3);--quiet:light-dark(#59636e,#9198a1);--link:light-dark(#0756b8,#6cb0ff)}
*{box-sizing:border-box}body{margin:0;font:15px/1.55 system-ui,sans-serif;color:var(--ink);background:light-dark(#fff,#0d1117);display:grid;grid-template-columns:14rem minmax(0,1fr)}
nav{padding:1.5rem 1rem;border-right:1px solid var(--line);position:sticky;top:0;height:100vh;overflow:auto}nav ul{list-style:none;padding:0}a{color:var(--link)}
main{padding:1.5rem 2rem 6rem;max-width:60rem}h2{margin-top:2.5rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}h4{margin:1rem 0 .3rem}small,summary span{color:var(--quiet);font-weight:400}
details{border:1px solid var(--line);border-radius:8px;margin:.5rem 0;padding:0 .9rem}details[open]{padding-bottom:.9rem}summary{cursor:pointer;padding:.6rem 0}summary:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.method{display:inline-block;min-width:4.2rem;font:600 12px/1.4 ui-monospace,monospace;color:var(--ink)}pre{background:var(--soft);border-radius:6px;padding:.8rem;overflow:auto;font-size:12.5px;max-height:26rem}table{border-collapse:collapse}td{border-top:1px solid var(--line);padding:.35rem .8rem .35rem 0;vertical-align:top}
@media(max-width:45rem){body{display:block}nav{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line)}main{padding:1rem}}`;
