import type { Secret } from '../lib/secret.ts';

/** The operator's mail server, out of KEYRAIL_SMTP_URL. It may be a private address: the operator has set it. */
export interface MailServer {
  host: string;
  port: number;
  /** `first_byte`: smtps. `required`: STARTTLS, or nothing is sent. `offered`: STARTTLS where the server has it. */
  tls: 'first_byte' | 'required' | 'offered';
  signIn: { user: string; password: Secret<string> } | null;
  /** KEYRAIL_MAIL_FROM: an address, with or without a name before it. */
  from: string;
}
