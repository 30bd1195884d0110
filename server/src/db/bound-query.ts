import pg from 'pg';
// @ts-expect-error: it tells nothing of it in its types
import utils from 'pg/lib/utils.js';

/** What of the driver's own query is used here; it tells nothing of it in its types. */
interface DriverConnection {
  parse(message: { text: string; name: string; types: readonly number[] }): void;
  bind(message: { values: readonly unknown[]; valueMapper: (value: unknown) => unknown }): void;
  execute(message: object): void;
}

interface DriverQuery extends pg.Submittable {
  callback: (error: Error | null, result: pg.QueryResult) => void;
  prepare(connection: DriverConnection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: DriverConnection): void;
}

const DriverQuery = pg.Query as unknown as new (
  config: pg.QueryConfig & { queryMode: 'extended' },
) => DriverQuery;

/** A statement that goes before another one; its rows are not wanted. */
export interface Preceding {
  text: string;
  values: readonly unknown[];
}

/**
 * A statement with others before it, all in one message of the extended protocol: one way to the database and back instead
 * of one for each. Where one fails, those after it are not run, and without a BEGIN among them all are one transaction.
 */
export class BoundQuery extends DriverQuery {
  readonly #preceding: readonly Preceding[];
  #toCome: number;

  constructor(preceding: readonly Preceding[], text: string, values: unknown[]) {
    super({ text, values, queryMode: 'extended' });
    this.#preceding = preceding;
    this.#toCome = preceding.length;
  }

  /** Called by the driver while it holds back what it writes. */
  override prepare(connection: DriverConnection): void {
    for (const { text, values } of this.#preceding) {
      connection.parse({ text, name: '', types: [] });
      connection.bind({ values, valueMapper: utils.prepareValue });
      connection.execute({});
    }
    super.prepare(connection);
  }

  override handleDataRow(message: unknown): void {
    if (this.#toCome === 0) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: DriverConnection): void {
    if (this.#toCome === 0) super.handleCommandComplete(message, connection);
    else this.#toCome -= 1;
  }
}

/** Sends it on a client of the driver. */
export function queryBound(
  client: pg.ClientBase,
  preceding: readonly Preceding[],
  text: string,
  values: unknown[],
): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const query = new BoundQuery(preceding, text, values);
    query.callback = (error, result) => (error ? reject(error) : resolve(result));
    client.query(query);
  });
}
