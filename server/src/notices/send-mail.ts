import type { SMTPTransportOptions } from 'nodemailer/lib/smtp-transport';
import type { Secret } from '../lib/secret.ts';
import { redactor } from '../outbound/redact.ts';
import type { Sent } from './delivery.ts';
import type { Mail } from './mail.ts';
import type { MailServer } from './mail-server.ts';

interface Deps {
  server: MailServer;
  /** How this server names itself to the mail server. */
  ownHost: string;
  /** Authorities that are trusted beside the public ones, PEM. */
  extraCa?: readonly string[] | undefined;
  timeoutMs: number;
}

const MOST_SHOWN = 200;

/** Hands one mail for one address to the operator's mail server. Certificates are always checked. */
export async function sendMail(deps: Deps, mail: Mail): Promise<Sent> {
  // Loaded with the first mail: most processes never send one.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(optionsOf(deps));
  const { to, subject, text, html, headers, messageId } = mail;
  try {
    const sent = await transport.sendMail({
      from: deps.server.from,
      to: { name: '', address: to },
      ...{ subject, text, html, headers, messageId },
      // What people name things is text: nothing of it is a path or an address to read from.
      ...{ disableFileAccess: true, disableUrlAccess: true },
      signal: AbortSignal.timeout(deps.timeoutMs),
    });
    return { kind: 'delivered', answer: shown(deps, sent.response) };
  } catch (error) {
    return judge(deps, error as MailError);
  } finally {
    transport.close();
  }
}

function optionsOf({ server, ownHost, extraCa, timeoutMs }: Deps): SMTPTransportOptions {
  const { host, port, tls, signIn } = server;
  const trusted = extraCa === undefined || extraCa.length === 0 ? {} : { ca: [...extraCa] };
  return {
    host,
    port,
    secure: tls === 'first_byte',
    requireTLS: tls === 'required',
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...trusted },
    name: ownHost,
    ...(signIn === null ? {} : { auth: { user: signIn.user, pass: signIn.password.reveal() } }),
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    dnsTimeout: timeoutMs,
    logger: false,
  };
}

interface MailError extends Error {
  code?: string;
  /** The step of the conversation. */
  command?: string;
  responseCode?: number;
  response?: string;
}

/** What the mail server says of the recipient or the message counts; everything before is between it and us. */
function judge(deps: Deps, { code, command = '', responseCode = 0, response }: MailError): Sent {
  const said = response === undefined ? null : shown(deps, response);
  const isAboutMail = command === 'RCPT TO' || command === 'DATA';
  if (isAboutMail && said !== null)
    return responseCode >= 500 && responseCode !== 503
      ? { kind: 'refused', answer: said }
      : { kind: 'later', answer: said };
  const answer =
    said === null ? ourWords(code, deps.timeoutMs) : `${ourWords(code, deps.timeoutMs)}: ${said}`;
  return { kind: 'later', answer, isOurs: true };
}

function ourWords(code: string | undefined, timeoutMs: number): string {
  switch (code) {
    case 'EAUTH':
      return 'The mail server refused the sign-in';
    case 'ETLS':
      return 'No encrypted connection to the mail server could be made';
    case 'EDNS':
      return "The mail server's name could not be looked up";
    case 'EABORT':
    case 'ETIMEDOUT':
      return `No answer of the mail server within ${Math.max(1, Math.round(timeoutMs / 1000))} seconds`;
    case 'ECONNECTION':
      return 'The connection to the mail server broke';
    case 'ESOCKET':
      return 'No connection to the mail server could be made';
    default:
      return 'The mail server did not take it';
  }
}

/** The mail server's own words, without what we sign in with. */
function shown({ server: { signIn } }: Deps, response: string): string {
  const secrets: Secret<string>[] = signIn === null ? [] : [signIn.password];
  const text = redactor(secrets)(response.replaceAll(/\s+/g, ' ').trim());
  return text.slice(0, MOST_SHOWN);
}
