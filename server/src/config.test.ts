import { describe, expect, test } from 'vitest';
import { settings } from './config/settings.ts';
import { readConfig } from './config.ts';
import { StartRefused } from './lib/start-refused.ts';

const home = { HOME: '/home/someone' };
const read = (environment: Record<string, string> = {}) => readConfig({ ...home, ...environment });

function mistakesOf(environment: Record<string, string>): string {
  try {
    read(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(StartRefused);
    return (error as Error).message;
  }
  throw new Error('there should have been a mistake');
}

describe('the settings', () => {
  test('all have a value when nothing is set, and a sentence each', () => {
    expect(read()).toMatchObject({
      host: '127.0.0.1',
      port: 4400,
      role: 'all',
      publicUrl: null,
      csvMaxRows: 1_000_000,
    });
    for (const { env, about, unset } of Object.values(settings)) {
      expect(env).toMatch(/^(KEYRAIL_[A-Z_]+|DATABASE_URL)$/);
      expect(about).toMatch(/\.$/);
      expect(unset).not.toBe('');
    }
  });

  test('of the mail server are read from one address, with STARTTLS unless it is left out on purpose', () => {
    const smtp = (url: string) =>
      read({ KEYRAIL_SMTP_URL: url, KEYRAIL_MAIL_FROM: 'Keyrail <keyrail@example.com>' }).smtpUrl;
    expect(smtp('smtp://robot:fake%40pass@mail.example.com')).toMatchObject({
      ...{ host: 'mail.example.com', port: 587, tls: 'required', signIn: { user: 'robot' } },
    });
    expect(smtp('smtp://robot:fake%40pass@mail.example.com')?.signIn?.password.reveal()).toBe('fake@pass');
    expect(smtp('smtps://10.0.0.7')).toMatchObject({ port: 465, tls: 'first_byte', signIn: null });
    expect(smtp('smtp://relay:25?starttls=optional')).toMatchObject({ port: 25, tls: 'offered' });
    expect(smtp('smtp://[::1]:1025?starttls=required')).toMatchObject({ host: '::1', tls: 'required' });
  });

  test.each([
    ['mail.example.com:587', 'must be smtp://'],
    ['http://mail.example.com', 'must be smtp://'],
    ['smtp://mail.example.com/path', 'must be smtp://'],
    ['smtp://robot@mail.example.com', 'must be smtp://'],
    ['smtp://mail.example.com?tls=no', 'takes nothing behind the host but'],
    ['smtp://robot:fake-mail-pass@mail.example.com?starttls=optional', 'sends its password in the clear'],
  ])('take no mail server %s, without repeating it', (url, why) => {
    const said = mistakesOf({ KEYRAIL_SMTP_URL: url, KEYRAIL_MAIL_FROM: 'keyrail@example.com' });
    expect(said).toMatch(`KEYRAIL_SMTP_URL: ${why}`);
    expect(said).not.toMatch('fake-mail-pass');
  });

  test('take no mail server without a sender, and no sender that is no address', () => {
    expect(mistakesOf({ KEYRAIL_SMTP_URL: 'smtp://mail.example.com' })).toMatch('set both, or neither');
    for (const from of [
      'Keyrail',
      'a@example.com, b@example.com',
      'Keyrail <a@example.com>\r\nBcc: b@example.com',
    ])
      expect(mistakesOf({ KEYRAIL_SMTP_URL: 'smtp://mail.example.com', KEYRAIL_MAIL_FROM: from })).toMatch(
        'KEYRAIL_MAIL_FROM: must be an e-mail address',
      );
  });

  test('report all mistakes at once, each by the name of its variable', () => {
    const said = mistakesOf({
      KEYRAIL_PORT: 'http',
      KEYRAIL_ROLE: 'boss',
      KEYRAIL_CSV_MAX_ROWS: '1e99',
      KEYRAIL_TRUSTED_PROXIES: 'proxy.local',
      KEYRAIL_UPSTREAMS: 'https://a.test',
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: '10.0.0.0/8',
      DATABASE_URL: 'mysql://x',
      KEYRAIL_PUBLIC_URL: 'keyrail.example.com',
    });
    expect(said).toMatch('8 settings are not right');
    for (const name of [
      'PORT',
      'ROLE',
      'CSV_MAX_ROWS',
      'TRUSTED_PROXIES',
      'UPSTREAMS',
      'ALLOWED_PRIVATE_HOSTS',
      'PUBLIC_URL',
    ]) {
      expect(said).toMatch(`KEYRAIL_${name}:`);
    }
    expect(said).toMatch('DATABASE_URL:');
  });

  test('point out a variable that is none of ours', () => {
    expect(mistakesOf({ KEYRAIL_PROT: '4400' })).toMatch('KEYRAIL_PROT: there is no such setting');
  });

  test('count as not set when empty, as in a file of variables', () => {
    expect(read({ KEYRAIL_PORT: '', DATABASE_URL: ' ' })).toMatchObject({ port: 4400, databaseUrl: null });
  });

  test('let nobody listen beyond this machine without https', () => {
    expect(mistakesOf({ KEYRAIL_HOST: '0.0.0.0' })).toMatch('KEYRAIL_PUBLIC_URL');
    expect(mistakesOf({ KEYRAIL_HOST: '::', KEYRAIL_PUBLIC_URL: 'http://127.0.0.1:4400' })).toMatch(
      'KEYRAIL_HOST',
    );
    expect(mistakesOf({ KEYRAIL_PUBLIC_URL: 'http://keyrail.example.com' })).toMatch('https://');
    const open = { KEYRAIL_HOST: '0.0.0.0', KEYRAIL_PUBLIC_URL: 'https://keyrail.example.com/' };
    expect(read(open)).toMatchObject({ host: '0.0.0.0', publicUrl: 'https://keyrail.example.com' });
  });

  test.each([
    { KEYRAIL_MASTER_KEY: 'changeme' },
    { KEYRAIL_MASTER_KEY: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
    { DATABASE_URL: 'postgres://keyrail:changeme@db/keyrail' },
  ])('take no sample for a secret: %j', (environment) => {
    expect(mistakesOf(environment as Record<string, string>)).toMatch('sample');
  });

  test('refuse a master key that did not arrive, rather than make another one', () => {
    expect(mistakesOf({ KEYRAIL_MASTER_KEY: ' ' })).toMatch('is set but empty');
  });

  test('never tell a secret in a mistake, nor when printed', () => {
    const key = 'cGxhbnRlZC1rZXktMDAwMS1wbGFudGVkLWtleS0wMDE=';
    expect(mistakesOf({ KEYRAIL_MASTER_KEY: key, KEYRAIL_PORT: 'x' })).not.toContain(key);
    const url = 'postgres://u:planted-password@db/x';
    expect(JSON.stringify(read({ KEYRAIL_MASTER_KEY: key, DATABASE_URL: url }))).not.toMatch(/planted|cGxh/);
  });

  test('need a database of their own for a process that shares it', () => {
    expect(mistakesOf({ KEYRAIL_ROLE: 'worker' })).toMatch('DATABASE_URL');
  });

  test('put the key file outside the data folder, another for each', () => {
    const one = read({ KEYRAIL_DATA_DIR: '/srv/one' });
    const two = read({ KEYRAIL_DATA_DIR: '/srv/two' });
    expect(one.masterKeyFile).toMatch(/^\/home\/someone\/\.config\/keyrail\/one-[0-9a-f]{12}\.key$/);
    expect(two.masterKeyFile).not.toBe(one.masterKeyFile);
  });
});
