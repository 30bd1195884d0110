import type { Exchange } from '@keyrail/contract/custom';
import styles from './custom.module.css';

/** One request and its answer as they went over the wire. All of it is text from outside, and shown as text. */
export function ExchangeView({ exchange }: { exchange: Exchange }) {
  const { request, response } = exchange;
  return (
    <div className={styles.exchange}>
      <section aria-label="Request">
        <pre>
          <strong>
            {request.method} {request.url}
          </strong>
          {'\n'}
          {lines(request.headers)}
          {request.body !== null && `\n\n${request.body}`}
        </pre>
      </section>
      <section aria-label="Answer">
        {response === null ? (
          <p className={styles.help}>No answer came.</p>
        ) : (
          <pre>
            <strong>{response.status}</strong> {response.duration_ms.toLocaleString('en')} ms{'\n'}
            {lines(response.headers)}
            {'\n\n'}
            {pretty(response.body)}
            {response.is_truncated && '\n… (there was more)'}
          </pre>
        )}
      </section>
    </div>
  );
}

const lines = (headers: Exchange['request']['headers']): string =>
  headers.map(({ name, value }) => `${name}: ${value}`).join('\n');

function pretty(body: string): string {
  if (body.length > 16_384 || !/^\s*[[{]/.test(body)) return body;
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
