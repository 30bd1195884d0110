import { uuidOf } from '../people.ts';
import { memberOf, type Reply, type SandboxRequest, textOf } from '../request.ts';

export const BIGQUERY = 'https://bigquery.googleapis.com';
const TABLES = ['orders', 'customers'];

/** https://cloud.google.com/bigquery/docs/reference/rest */
export function answerBigQuery({ method, path, query, body }: SandboxRequest): Reply {
  const rest = path.replace('/bigquery/v2', '');
  if (method === 'GET' && rest === '/projects') {
    const projects = [{ kind: 'bigquery#project', id: 'keyrail-sandbox', friendlyName: 'Keyrail sandbox' }];
    return ok({ kind: 'bigquery#projectList', projects, totalItems: 1 });
  }
  const [, project = '', tail = ''] = /^\/projects\/([^/]+)\/(.*)$/.exec(rest) ?? [];
  if (project !== 'keyrail-sandbox') return failed(403, 'accessDenied', `Access Denied: Project ${project}`);
  if (method === 'POST' && tail === 'queries') return submitted(textOf(body, 'query'), project, body);
  if (method === 'GET' && tail.startsWith('queries/'))
    return ok(resultOf(Number(query.get('maxResults') ?? 100)));
  if (method === 'GET' && tail === 'datasets')
    return ok({
      kind: 'bigquery#datasetList',
      datasets: [{ datasetReference: { projectId: project, datasetId: 'shop' } }],
    });
  if (method === 'GET' && tail === 'datasets/shop/tables')
    return ok({
      kind: 'bigquery#tableList',
      tables: TABLES.map((tableId) => ({
        tableReference: { projectId: project, datasetId: 'shop', tableId },
      })),
      totalItems: TABLES.length,
    });
  if (method === 'GET' && /^datasets\/shop\/tables\/(orders|customers)\/data$/.test(tail))
    return ok(resultOf(Number(query.get('maxResults') ?? 100)));
  return failed(404, 'notFound', `Not found: ${tail}`);
}

function submitted(sql: string, projectId: string, body: unknown): Reply {
  if (!/^\s*(select|with)\b/i.test(sql))
    return failed(400, 'invalidQuery', 'Syntax error: Unexpected keyword');
  const location = memberOf(body, 'location') ?? 'US';
  const jobReference = { projectId, jobId: `job_${uuidOf(sql)}`, location };
  return ok({ kind: 'bigquery#queryResponse', jobReference, jobComplete: false });
}

function resultOf(most: number): object {
  const rows = [1, 2, 3].map((n) => ({ f: [{ v: String(n * 14) }, { v: `order ${n}` }] })).slice(0, most);
  const schema = {
    fields: [
      { name: 'id', type: 'INTEGER' },
      { name: 'title', type: 'STRING' },
    ],
  };
  return { kind: 'bigquery#getQueryResultsResponse', jobComplete: true, schema, rows, totalRows: '3' };
}

function ok(body: unknown): Reply {
  return { status: 200, body };
}

function failed(code: number, reason: string, message: string): Reply {
  return {
    status: code,
    body: { error: { code, message, errors: [{ message, domain: 'global', reason }] } },
  };
}
