type Labels = Record<string, string>;

export interface Counter {
  add(labels: Labels, by?: number): void;
}

export interface Histogram {
  observe(labels: Labels, value: number): void;
}

/** Numbers about this process in the Prometheus text format. Labels are states and routes: never names, ids or secrets. */
export interface Metrics {
  counter(name: string, help: string, labels: readonly string[]): Counter;
  histogram(name: string, help: string, labels: readonly string[]): Histogram;
  /** Asked for when the metrics are read. */
  gauge(name: string, help: string, read: () => number): void;
  render(): string;
}

const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Labels that take ever new values are a mistake; they must not fill the memory. */
const MAX_SERIES = 2000;

interface Family {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  lines: () => string[];
}

export function createMetrics(): Metrics {
  const families: Family[] = [];
  return {
    counter: (name, help, labels) => {
      const series = new Map<string, number>();
      families.push({
        name,
        help,
        type: 'counter',
        lines: () => [...series].map(([key, n]) => `${name}${key} ${n}`),
      });
      return {
        add: (values, by = 1) => {
          const key = keyOf(labels, values);
          if (series.has(key) || series.size < MAX_SERIES) series.set(key, (series.get(key) ?? 0) + by);
        },
      };
    },
    histogram: (name, help, labels) => createHistogram(families, name, help, labels),
    gauge: (name, help, read) => {
      families.push({ name, help, type: 'gauge', lines: () => [`${name} ${read()}`] });
    },
    render: () =>
      families
        .flatMap(({ name, help, type, lines }) => [
          `# HELP ${name} ${help}`,
          `# TYPE ${name} ${type}`,
          ...lines(),
        ])
        .join('\n')
        .concat('\n'),
  };
}

interface Distribution {
  counts: number[];
  sum: number;
  count: number;
}

function createHistogram(
  families: Family[],
  name: string,
  help: string,
  labels: readonly string[],
): Histogram {
  const series = new Map<string, Distribution>();
  families.push({
    name,
    help,
    type: 'histogram',
    lines: () => [...series].flatMap(([key, one]) => distributionLines(name, key, one)),
  });
  return {
    observe: (values, value) => {
      const key = keyOf(labels, values);
      let one = series.get(key);
      if (!one) {
        if (series.size >= MAX_SERIES) return;
        one = { counts: BUCKETS_SECONDS.map(() => 0), sum: 0, count: 0 };
        series.set(key, one);
      }
      const bucket = BUCKETS_SECONDS.findIndex((limit) => value <= limit);
      if (bucket >= 0) one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
      one.sum += value;
      one.count += 1;
    },
  };
}

function distributionLines(name: string, key: string, { counts, sum, count }: Distribution): string[] {
  const inner = key.slice(1, -1);
  const prefix = inner === '' ? '' : `${inner},`;
  let total = 0;
  const buckets = BUCKETS_SECONDS.map((limit, i) => {
    total += counts[i] ?? 0;
    return `${name}_bucket{${prefix}le="${limit}"} ${total}`;
  });
  return [
    ...buckets,
    `${name}_bucket{${prefix}le="+Inf"} ${count}`,
    `${name}_sum${key} ${sum}`,
    `${name}_count${key} ${count}`,
  ];
}

function keyOf(labels: readonly string[], values: Labels): string {
  if (labels.length === 0) return '';
  const pairs = labels.map((label) => `${label}="${(values[label] ?? '').replace(/[\\"\n]/g, '_')}"`);
  return `{${pairs.join(',')}}`;
}
