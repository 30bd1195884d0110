import pg from 'pg';
// @ts-expect-error: it tells nothing of it in its types
import utils from 'pg/lib/utils.js';

/** What of the driver's own query is used here; it tells nothing of it in its types. */
interface DriverConnection {
  parse(message: { text: string; name: string; types: readonly number[] }): void;
  bind(message: { statement: string; values: readonly unknown[] }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: object): void;
  sync(): void;
}

interface DriverQuery extends pg.Submittable {
  callback: (error: Error | null, result: pg.QueryResult) => void;
  prepare(connection: DriverConnection): void;
  handleError(error: Error, connection: DriverConnection): void;
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
  /** Its plan is kept on the connection: for texts that are few and always the same. */
  isKept?: boolean;
}

/** Plans kept on one connection, by text. */
interface Plans {
  names: Map<string, string>;
  /** Every name is used once, so that one whose fate is not known is left behind. */
  count: number;
}

const plansOf = new WeakMap<DriverConnection, Plans>();

function plansOn(connection: DriverConnection): Plans {
  const known = plansOf.get(connection) ?? { names: new Map(), count: 0 };
  plansOf.set(connection, known);
  return known;
}

/**
 * A statement with others before it, all in one message of the extended protocol: one way to the database and back instead
 * of one for each. Where one fails, those after it are not run, and without a BEGIN among them all are one transaction.
 */
export class BoundQuery extends DriverQuery {
  readonly #statements: readonly Preceding[];
  readonly #made: (string | null)[] = [];
  #done = 0;

  constructor(preceding: readonly Preceding[], last: Preceding) {
    super({ text: last.text, values: [], queryMode: 'extended' });
    this.#statements = [...preceding, last];
  }

  /** Called by the driver while it holds back what it writes. */
  override prepare(connection: DriverConnection): void {
    const bound = this.#bound(connection);
    if (bound === null) return;
    const plans = plansOn(connection);
    for (const [at, { text, isKept = false }] of this.#statements.entries()) {
      const known = isKept ? plans.names.get(text) : undefined;
      const name = known ?? (isKept ? `kept_${++plans.count}` : '');
      if (known === undefined) connection.parse({ text, name, types: [] });
      this.#made.push(isKept && known === undefined ? name : null);
      connection.bind({ statement: name, values: bound[at] ?? [] });
      if (at === this.#statements.length - 1) connection.describe({ type: 'P', name: '' });
      connection.execute({});
    }
    connection.sync();
  }

  /** What cannot be sent fails before anything is. */
  #bound(connection: DriverConnection): unknown[][] | null {
    try {
      return this.#statements.map(({ values }) => values.map(utils.prepareValue));
    } catch (error) {
      connection.sync();
      this.handleError(error as Error, connection);
      return null;
    }
  }

  get #isAtLast(): boolean {
    return this.#done === this.#statements.length - 1;
  }

  override handleDataRow(message: unknown): void {
    if (this.#isAtLast) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: DriverConnection): void {
    // What has run has been planned.
    const name = this.#made[this.#done];
    const statement = this.#statements[this.#done];
    if (name && statement) plansOn(connection).names.set(statement.text, name);
    if (this.#isAtLast) super.handleCommandComplete(message, connection);
    else this.#done += 1;
  }
}

/** Sends it on a client of the driver. */
export function queryBound(
  client: pg.ClientBase,
  preceding: readonly Preceding[],
  last: Preceding,
): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const query = new BoundQuery(preceding, last);
    query.callback = (error, result) => (error ? reject(error) : resolve(result));
    client.query(query);
  });
}
