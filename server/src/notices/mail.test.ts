import { createServer } from 'node:net';
import { sql } from 'kysely';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeCertificate, testCertificate } from '../../test/certificate.ts';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { Secret } from '../lib/secret.ts';
import { listen } from '../outbound/under-test.ts';
import type { Who } from '../workspaces/who.ts';
import type { MailServer } from './mail-server.ts';
import { breakDown, MINUTE_MS, openStage, type Stage } from './under-test.ts';

const PASSWORD = 'fake-smtp-password-0001';
const far = new Date('2036-01-01T00:00:00Z');
const authority = testCertificate('Test authority', far);
const certificate = makeCertificate({
  name: '127.0.0.1',
  validTo: far,
  issuer: { ...authority, name: 'Test authority' },
});

interface Letter {
  from: string;
  to: string[];
  text: string;
  isEncrypted: boolean;
}

let database: TestDatabase;
let letters: Letter[];
let who: Who;
const toClose: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => {
  letters = [];
});
afterEach(async () => {
  for (const close of toClose.splice(0)) await close();
  await sql`delete from deliveries`.execute(database.db.system);
});
afterAll(() => database.close());

/** A mail server that takes what it is sent, unless told otherwise; with STARTTLS, and PLAIN sign-in where it is wanted. */
async function mailServer(options: SMTPServerOptions = {}): Promise<number> {
  const server = new SMTPServer({
    key: certificate.key,
    cert: certificate.cert,
    authOptional: true,
    logger: false,
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        letters.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(parts).toString('utf8'),
          isEncrypted: session.secure,
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toClose.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.server.address() as { port: number }).port;
}

async function stageAt(
  port: number,
  more: Partial<MailServer> = {},
  extraCa: readonly string[] = [authority.cert],
  settings: { attemptTimeoutMs?: number } = {},
): Promise<Stage> {
  const from = 'Keyrail <keyrail@example.com>';
  const server: MailServer = { host: '127.0.0.1', port, tls: 'required', signIn: null, from, ...more };
  const stage = openStage(database, { mailServer: server, extraCa, settings });
  toClose.push(() => stage.close());
  who = await stage.owner();
  return stage;
}

const email = (stage: Stage, addresses = ['ada@example.com']) =>
  stage.notices.createChannel(who, {
    ...{ kind: 'email', name: 'Team', addresses, kinds: ['needs_attention', 'recovered'] },
  });
async function log(stage: Stage) {
  const found = await stage.notices.deliveries(who, {
    ...{ channel: undefined, state: undefined, before: null, limit: 50 },
  });
  return found.map(({ state, attempts, lastAnswer }) => `${state} ${attempts} ${lastAnswer}`);
}
async function send(stage: Stage, more: Parameters<typeof breakDown>[3] = {}) {
  await email(stage);
  await breakDown(database, who, stage.clock.now(), more);
  await stage.drain();
}
const headersOf = ({ text }: Letter) =>
  text.slice(0, text.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ');

describe('a mail', () => {
  test('goes to each address by itself, encrypted, with a link, and says that no machine need answer', async () => {
    const stage = await stageAt(await mailServer());
    await email(stage, ['ada@example.com', 'bob@example.com', 'ADA@example.com']);
    await breakDown(database, who, stage.clock.now());
    await stage.drain();
    expect(letters.map(({ to }) => to).sort()).toEqual([['ADA@example.com'], ['bob@example.com']]);
    const [letter] = letters as [Letter];
    expect(letter).toMatchObject({ from: 'keyrail@example.com', isEncrypted: true });
    const headers = headersOf(letter);
    expect(headers).toMatch(/^From: Keyrail <keyrail@example\.com>$/m);
    expect(headers).toMatch(/^Subject: Acme needs attention: Sales$/m);
    expect(headers).toMatch(/^Auto-Submitted: auto-generated$/m);
    expect(headers).toMatch(/^List-ID: <wsp-[0-9a-z]+\.notices\.keyrail\.example\.com>$/im);
    expect(headers).toMatch(/^Message-ID: <dlv_[0-9a-z]{26}@keyrail\.example\.com>$/m);
    expect(letter.text).toContain('https://keyrail.example.com/settings/connections/acme');
    expect(letter.text).toContain('Content-Type: text/html');
    expect(await log(stage)).toHaveLength(2);
  });

  test('has no header and no markup that somebody put into a name', async () => {
    const stage = await stageAt(await mailServer());
    const evil =
      'Sales\r\nBcc: victim@example.com\r\n\r\n<img src=x onerror=alert(1)><a href="https://evil.example">x</a>';
    await send(stage, { title: evil, message: evil });
    const [letter] = letters as [Letter];
    expect(letter.to).toEqual(['ada@example.com']);
    expect(headersOf(letter)).not.toMatch(/^Bcc:/im);
    const html = letter.text.slice(letter.text.indexOf('text/html'));
    expect(html).not.toMatch(/<img|<a href=3D"https:\/\/evil|<a href="https:\/\/evil/);
    expect(html).toContain('&lt;img');
  });

  test('that is put off (greylisting) is tried again, as the same message', async () => {
    let isFirst = true;
    const stage = await stageAt(
      await mailServer({
        onRcptTo: (_address, _session, done) => {
          if (!isFirst) return done();
          isFirst = false;
          done(Object.assign(new Error('4.7.1 Greylisted, come back later'), { responseCode: 450 }));
        },
      }),
    );
    await send(stage);
    expect(await log(stage)).toEqual([expect.stringMatching(/^pending 1 450 4\.7\.1 Greylisted/)]);
    stage.clock.forward(MINUTE_MS);
    await stage.drain();
    expect(letters).toHaveLength(1);
    expect(await log(stage)).toEqual([expect.stringMatching(/^delivered 2 250/)]);
  });

  test('for a mailbox that is not there is given up, and the others get theirs', async () => {
    const stage = await stageAt(
      await mailServer({
        onRcptTo: ({ address }, _session, done) =>
          done(
            address.startsWith('nobody')
              ? Object.assign(new Error('5.1.1 No such mailbox'), { responseCode: 550 })
              : null,
          ),
      }),
    );
    await email(stage, ['nobody@example.com', 'ada@example.com']);
    await breakDown(database, who, stage.clock.now());
    await stage.drain();
    expect((await log(stage)).sort()).toEqual([
      expect.stringMatching(/^delivered 1 250/),
      'failed 1 550 5.1.1 No such mailbox',
    ]);
  });

  test('about sixty things at once is three mails, in the order of what happened, each told once', async () => {
    const stage = await stageAt(await mailServer());
    await email(stage);
    for (let index = 0; index < 60; index += 1) {
      const subject = {
        kind: 'connection',
        id: `con_${index}`,
        name: `No ${index}.`,
        integration: 'acme',
      } as const;
      await breakDown(database, who, stage.clock.now(), { subject });
      stage.clock.forward(1);
    }
    await stage.drain();
    expect(letters).toHaveLength(3);
    const [first] = letters as [Letter];
    expect(headersOf(first)).toMatch(/^Subject: Acme needs attention: No 0\. \(and 19 more\)$/m);
    const text = letters.map((letter) => letter.text.slice(0, letter.text.indexOf('text/html'))).join();
    for (let index = 0; index < 60; index += 1)
      expect(text.split(`Acme needs attention: No ${index}.\r\n`)).toHaveLength(2);
    expect(new Set(await log(stage))).toHaveLength(1);
  });

  test('goes to nobody whose address was taken off the list meanwhile', async () => {
    const stage = await stageAt(await mailServer());
    const { channel } = await email(stage, ['ada@example.com', 'bob@example.com']);
    await breakDown(database, who, stage.clock.now());
    await stage.notices.updateChannel(who, 'channel', channel.id, { addresses: ['bob@example.com'] }, null);
    await stage.drain();
    expect(letters.map(({ to }) => to)).toEqual([['bob@example.com']]);
    expect((await log(stage)).sort()[1]).toMatch(/^failed 1 Not sent: the address was taken off/);
  });
});

describe('a mail server', () => {
  const signIn = { user: 'keyrail', password: new Secret(PASSWORD) };

  test('that wants a sign-in is given it, encrypted alone', async () => {
    const port = await mailServer({
      authOptional: false,
      onAuth: ({ username, password }, session, done) =>
        username === 'keyrail' && password === PASSWORD && session.secure
          ? done(null, { user: 'keyrail' })
          : done(new Error('no')),
    });
    const stage = await stageAt(port, { signIn });
    await send(stage);
    expect(letters).toHaveLength(1);
  });

  test('that refuses it, repeating the password, gives it away to nobody', async () => {
    const port = await mailServer({
      authOptional: false,
      onAuth: ({ password }, _session, done) =>
        done(Object.assign(new Error(`5.7.8 Wrong password ${password}`), { responseCode: 535 })),
    });
    const stage = await stageAt(port, { signIn });
    await send(stage);
    const [line] = await log(stage);
    expect(line).toMatch(
      /^pending 1 The mail server refused the sign-in: 535 5\.7\.8 Wrong password \[secret\]/,
    );
    const all = await sql<{ all: string }>`select json_agg(c)::text as all from notice_channels c`.execute(
      database.db.system,
    );
    expect(JSON.stringify([line, stage.logged, all.rows])).not.toContain(PASSWORD);
  });

  test('without STARTTLS gets neither a sign-in nor a mail where it is required', async () => {
    const commands: string[] = [];
    const port = await mailServer({
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      onAuth: (auth, _session, done) => {
        commands.push(String(auth.password));
        done(null, { user: 'x' });
      },
    });
    const stage = await stageAt(port, { signIn });
    await send(stage);
    expect([letters, commands]).toEqual([[], []]);
    expect(await log(stage)).toEqual([
      expect.stringMatching(/^pending 1 No encrypted connection to the mail server could be made/),
    ]);
  });

  test('without it is used in the clear only where the operator says so', async () => {
    const stage = await stageAt(await mailServer({ disabledCommands: ['STARTTLS'] }), { tls: 'offered' });
    await send(stage);
    expect(letters).toMatchObject([{ isEncrypted: false }]);
  });

  test.each(['required', 'offered', 'first_byte'] as const)(
    'whose certificate comes from nobody we trust gets nothing (%s)',
    async (tls) => {
      const port = await mailServer({ secure: tls === 'first_byte' });
      const stage = await stageAt(port, { tls, signIn }, []);
      await send(stage);
      expect(letters).toEqual([]);
      expect(await log(stage)).toEqual([expect.stringMatching(/^pending 1 No /)]);
    },
  );

  test('that speaks TLS from the first byte is spoken to so', async () => {
    const stage = await stageAt(await mailServer({ secure: true }), { tls: 'first_byte' });
    await send(stage);
    expect(letters).toMatchObject([{ isEncrypted: true }]);
  });

  test('that says nothing is waited for so long and no longer', async () => {
    const silent = await listen(
      createServer(() => {}),
      '127.0.0.1',
    );
    toClose.push(silent.close);
    const stage = await stageAt(silent.port, {}, [], { attemptTimeoutMs: 50 });
    await send(stage);
    expect(await log(stage)).toEqual([
      expect.stringMatching(/^pending 1 No answer of the mail server within/),
    ]);
  });

  test('that hangs up in the middle of a mail is tried again', async () => {
    let isInMail = false;
    const rude = await listen(
      createServer((socket) => {
        socket.write('220 rude.example.com\r\n');
        socket.on('data', (line: Buffer) => {
          if (isInMail) return void socket.destroy();
          isInMail = line.toString('utf8').startsWith('DATA');
          socket.write(isInMail ? '354 go on\r\n' : '250 fine\r\n');
        });
      }),
      '127.0.0.1',
    );
    toClose.push(rude.close);
    const stage = await stageAt(rude.port, { tls: 'offered' });
    await send(stage);
    expect(isInMail).toBe(true);
    expect(await log(stage)).toEqual(['pending 1 The connection to the mail server broke']);
  });

  test('that nobody answers at is our trouble, and stops no channel however long it lasts', async () => {
    const stage = await stageAt(1);
    const { channel } = await email(stage);
    for (let day = 0; day < 5; day += 1) {
      await breakDown(database, who, stage.clock.now(), {
        subject: { ...channel, kind: 'connection', integration: null, id: `con_${day}` },
      });
      for (let hour = 0; hour < 27; hour += 1) {
        await stage.drain();
        stage.clock.forward(60 * MINUTE_MS);
      }
    }
    const now = await stage.notices.channel(who, 'channel', channel.id);
    expect(now.stoppedAt).toBeNull();
    expect(now.problem).toMatch(/^No connection to the mail server/);
  });

  test('that is not set makes no e-mail channel, and says who can help', async () => {
    const stage = openStage(database);
    toClose.push(() => stage.close());
    who = await stage.owner();
    await expect(email(stage)).rejects.toMatchObject({ code: 'conflict', reason: 'no_mail_server' });
  });
});

describe('mails that people ask for', () => {
  test('are a hundred in an hour of a workspace, also where channels are deleted and made anew', async () => {
    const stage = await stageAt(1);
    const twenty = (round: number) =>
      Array.from({ length: 20 }, (_, n) => `stranger${round}-${n}@example.com`);
    const tried = async (round: number) => {
      const given = { kind: 'email', name: 'Team', addresses: twenty(round), kinds: ['recovered'] } as const;
      const { channel } = await stage.notices.createChannel(who, given);
      const made = await stage.notices.sendTest(who, 'channel', channel.id);
      return { id: channel.id, made };
    };
    for (let round = 0; round < 4; round += 1) {
      const { id } = await tried(round);
      await stage.notices.removeChannel(who, 'channel', id, null);
    }
    const { made } = await tried(4);
    const id = made[0]?.id ?? '';
    await sql`update deliveries set state = 'failed', settled_at = now(), next_attempt_at = null where id = ${id}`.execute(
      database.db.system,
    );
    const tooMany = { code: 'too_many_requests', detail: expect.stringMatching(/At most 100 mails/) };
    await expect(stage.notices.resend(who, id)).rejects.toMatchObject(tooMany);
    await expect(tried(5)).rejects.toMatchObject(tooMany);
    await sql`update audit_entries set at = at - interval '61 minutes'`.execute(database.db.system);
    await expect(stage.notices.resend(who, id)).resolves.toHaveLength(1);
  });
});
