import { z } from 'zod';
import { columnId, connectionId, rowId, runId, tableId } from './ids.ts';
import { json } from './json.ts';
import { timestamp } from './page.ts';

/** The types of a column that holds values. */
export const valueType = z.enum(['text', 'number', 'boolean', 'date', 'email', 'url', 'json']);
export type ValueType = z.infer<typeof valueType>;

/** The states of a cell of an action column. */
export const cellState = z.enum([
  'empty',
  'queued',
  'running',
  'done',
  'no_result',
  'skipped',
  'error',
  'waiting_for_connection',
  'out_of_credits',
  'over_budget',
  'unknown',
  'stale',
]);
export type CellState = z.infer<typeof cellState>;

/** A value of a column: dates as ISO 8601 text, numbers as JSON numbers, anything larger than 64 KB is refused. */
export const cellValue = z.union([z.string(), z.number(), z.boolean(), z.null(), json]);
export type CellValue = z.infer<typeof cellValue>;

/** Where an input of an action comes from: a column of the same row, or a value that is the same for all rows. */
export const inputMapping = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('column'), column_id: columnId }),
  z.strictObject({ kind: z.literal('constant'), value: z.union([z.string(), z.number(), z.boolean()]) }),
]);

/** What an action column does in each row. */
export const columnAction = z.strictObject({
  integration: z.string().max(100).describe('The slug.'),
  action: z.string().max(100).describe("The action's name, such as find_email."),
  connection_id: connectionId
    .nullable()
    .default(null)
    .describe("Null: the integration's default connection, whichever it is when it runs."),
  inputs: z.record(z.string(), inputMapping).describe("By the action's input name."),
  outputs: z
    .record(z.string(), columnId)
    .default({})
    .describe(
      'Outputs that also go to columns, by output name. The primary output stands in the action column itself.',
    ),
});
export type ColumnAction = z.infer<typeof columnAction>;

export const column = z
  .object({
    id: columnId,
    name: z.string(),
    type: z.enum([...valueType.options, 'action']),
    position: z.int(),
    width: z.int().nullable().describe('In CSS pixels; null where nobody set it.'),
    action: columnAction.nullable().describe('With type `action` only.'),
  })
  .meta({ id: 'Column' });
export type Column = z.infer<typeof column>;

export const table = z
  .object({
    id: tableId,
    name: z.string(),
    row_count: z.int(),
    columns: z.array(column),
    active_run_ids: z.array(runId).describe('Runs of this table that are not over.'),
    created_at: timestamp,
    updated_at: timestamp,
    version: z.int().describe('The ETag; send it as If-Match with a change.'),
  })
  .meta({ id: 'Table' });
export type Table = z.infer<typeof table>;

export const tableSummary = z.object({
  id: tableId,
  name: z.string(),
  row_count: z.int(),
  column_count: z.int(),
  updated_at: timestamp,
});
export type TableSummary = z.infer<typeof tableSummary>;

const name = z.string().trim().min(1).max(200);
const width = z.int().min(60).max(1200);

const valueColumn = z.strictObject({ name, type: valueType, width: width.optional() });
const actionColumn = z.strictObject({
  name,
  type: z.literal('action'),
  action: columnAction,
  width: width.optional(),
});

export const createTable = z.strictObject({ name, columns: z.array(valueColumn).max(1000).default([]) });
export const updateTable = z.strictObject({ name });
export const createColumn = z.discriminatedUnion('type', [actionColumn, valueColumn]);
export type CreateColumn = z.infer<typeof createColumn>;
export const updateColumn = z.strictObject({
  name: name.optional(),
  width: width.nullable().optional(),
  position: z.int().min(0).optional(),
  type: valueType.optional().describe('Changes the type of a value column; refused where values do not fit.'),
  action: columnAction.optional(),
});

/** A cell of an action column as a list of rows shows it; the whole of it comes from its own address. */
export const actionCell = z.object({
  state: cellState,
  value: cellValue.describe('The primary output.'),
  message: z
    .string()
    .nullable()
    .describe('The short cause, where there is one: "Out of credits at Hunter.io".'),
});
export type ActionCell = z.infer<typeof actionCell>;

export const row = z.object({
  id: rowId,
  values: z.record(z.string(), cellValue).describe('By column id; columns without a value are left out.'),
  cells: z.record(z.string(), actionCell).describe('By action column id; cells never run are left out.'),
});
export type Row = z.infer<typeof row>;

export const rowsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
  offset: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_000_000)
    .optional()
    .describe('Skips rows; instead of `cursor`.'),
});

const values = z.record(z.string(), cellValue);
export const createRows = z.strictObject({ rows: z.array(z.strictObject({ values })).min(1).max(1000) });
export const updateRows = z.strictObject({
  rows: z
    .array(z.strictObject({ id: rowId, values }))
    .min(1)
    .max(1000),
});
export const deleteRows = z.strictObject({ ids: z.array(rowId).min(1).max(1000) });

/** The whole of one cell: what came out, and how. */
export const cellDetail = z.object({
  row_id: rowId,
  column_id: columnId,
  state: cellState,
  value: cellValue,
  outputs: z.record(z.string(), cellValue),
  message: z.string().nullable(),
  next_step: z.string().nullable(),
  provider_message: z.string().nullable(),
  connection_id: connectionId.nullable(),
  request: z.object({ method: z.string(), host: z.string(), path: z.string() }).nullable(),
  response_status: z.int().nullable(),
  response_body: z.string().nullable().describe('The raw answer, secrets removed, cut at 64 KB.'),
  duration_ms: z.number().nullable(),
  run_id: runId.nullable(),
  updated_at: timestamp.nullable(),
});
export type CellDetail = z.infer<typeof cellDetail>;

/** How a CSV is read. `auto` decides from the file's first part. */
export const csvOptions = z.strictObject({
  encoding: z.enum(['auto', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1252']).default('auto'),
  delimiter: z.enum(['auto', 'comma', 'semicolon', 'tab', 'pipe']).default('auto'),
  has_header: z.enum(['auto', 'true', 'false']).default('auto'),
});

export const csvColumnPlan = z.discriminatedUnion('to', [
  z.strictObject({ to: z.literal('column'), column_id: columnId }),
  z.strictObject({ to: z.literal('new'), name, type: valueType }),
  z.strictObject({ to: z.literal('skip') }),
]);
export type CsvColumnPlan = z.infer<typeof csvColumnPlan>;

/** Query of `POST /v1/tables/{id}/import`; the body is the raw CSV. */
export const importQuery = csvOptions.extend({
  plan: z
    .string()
    .max(200_000)
    .optional()
    .describe(
      'JSON: one entry per CSV column, in order: {"to":"column","column_id"} | {"to":"new","name","type"} | {"to":"skip"}. Left out: by header name, new columns with detected types.',
    ),
  upsert_by: columnId
    .optional()
    .describe('Rows whose value in this column exists already are changed instead of added.'),
});

/** `POST /v1/imports/preview`: the first part (at most 1 MB) of a CSV as the body. */
export const previewQuery = csvOptions.extend({ table_id: tableId.optional() });
export const importPreview = z.object({
  encoding: z.string(),
  delimiter: z.string(),
  has_header: z.boolean(),
  columns: z.array(
    z.object({
      header: z.string(),
      name: z.string().describe('The header made unique and not empty.'),
      type: valueType,
      samples: z.array(z.string()),
      plan: csvColumnPlan,
    }),
  ),
  rows: z.array(z.array(z.string())).describe('The first 20 rows as they stand in the file.'),
  notes: z.array(z.string()),
});
export type ImportPreview = z.infer<typeof importPreview>;

export const importResult = z
  .object({
    rows_added: z.int(),
    rows_changed: z.int(),
    rows_rejected: z.int(),
    problems: z
      .array(
        z.object({
          line: z.int(),
          column: z.string().nullable(),
          value: z.string().nullable(),
          message: z.string(),
        }),
      )
      .describe('The first 1,000.'),
    columns: z.array(column),
    encoding: z.string(),
    delimiter: z.string(),
    notes: z
      .array(z.string())
      .describe('What was done to the file: "Two columns named Email; the second is now Email 2."'),
  })
  .meta({ id: 'ImportResult' });
export type ImportResult = z.infer<typeof importResult>;
