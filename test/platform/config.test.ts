import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { configFields, loadConfig } from '../../platform/config.ts';
import { isStandIn, parseKmsEndpoint, standInKey } from '../../platform/kms-endpoint.ts';
import { isLoopback } from '../../platform/loopback.ts';

const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
const secret = () => randomBytes(32).toString('base64url');
const compose = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
/** The secret that the local trial falls back to, without its key id. */
const composeSecret = () => /SESSION_CREDENTIAL_SECRETS:-\w+:([\w-]+)\}/.exec(compose)?.[1] ?? '';
const valid = {
  DATABASE_URL: 'postgres://leasehold_app:app@localhost:5432/leasehold',
  SYSTEM_DATABASE_URL: 'postgres://leasehold_system:system@localhost:5432/leasehold',
  REDIS_URL: 'redis://localhost:6379',
  SESSION_CREDENTIAL_SECRETS: `k1:${secret()}`,
};

/**
 * What the example must say of a field: its description, and its default if it has one. Whoever copies it
 * sets by that what is required, and nothing else: a default that is set would beat one of Docker Compose.
 */
function describeField(name: string, field: z.ZodType): string {
  const given = field.safeParse(undefined);
  const value = given.success ? ((given.data as string | number | undefined) ?? '') : '';
  const mark = given.success ? '#' : '';
  return `${wrap(field.description ?? '')}\n${mark}${name}=${value}\n`;
}

/** Comment lines of at most 100 characters. */
function wrap(text: string): string {
  return `# ${text.replace(/(?=.{99})(.{1,98}) /g, '$1\n# ')}`;
}

describe('.env.example', () => {
  test('says of every variable what the configuration says, and of no other', () => {
    const expected = Object.entries(configFields)
      .map(([name, field]) => describeField(name, field))
      .join('\n');
    expect(example.slice(example.indexOf('\n\n') + 2)).toBe(expected);
  });

  test('can be filled in and loaded, with its defaults set or not', () => {
    expect(Object.keys(parseEnv(example)).sort()).toEqual(Object.keys(valid).sort());
    const given = parseEnv(example.replace(/^#(?=[A-Z])/gm, ''));
    expect(Object.keys(given).sort()).toEqual(Object.keys(configFields).sort());
    expect(loadConfig({ ...given, ...valid })).toMatchObject({ API_PORT: 8080, LOG_LEVEL: 'info' });
  });

  test('every field has a description that says what empty means where it may be empty', () => {
    for (const [name, field] of Object.entries(configFields)) {
      expect(field.description, name).toMatch(/\.$/);
      const given = field.safeParse(undefined);
      if (!given.success) expect(field.description, name).toContain('Required.');
      else if (given.data === undefined) expect(field.description, name).toContain('Empty: ');
    }
  });
});

describe('loading', () => {
  test('an empty variable is the same as none', () => {
    expect(loadConfig({ ...valid, API_PORT: '' }).API_PORT).toBe(8080);
    expect(() => loadConfig({ ...valid, REDIS_URL: '' })).toThrow('REDIS_URL: is required');
  });

  test('reports every fault at once and prints no value', () => {
    const faulty = {
      DATABASE_URL: 'mysql://user:hunter2@host/x',
      SYSTEM_DATABASE_URL: 'hunter2',
      REDIS_URL: 'http://:hunter2@host',
      SESSION_CREDENTIAL_SECRETS: 'k1:hunter2,k1:hunter2',
      SIGNING_SEAL_KEYS: 'hunter2',
      API_PORT: 'hunter2',
      LOG_LEVEL: 'hunter2',
      TEMPORAL_ADDRESS: 'hunter2',
    };
    const message = messageOf(() => loadConfig(faulty));
    for (const name of Object.keys(faulty)) expect(message).toContain(name);
    expect(message).not.toContain('hunter2');
  });

  test.each([
    ['no kid', secret()],
    ['a short secret', `k1:${randomBytes(31).toString('base64url')}`],
    ['the same kid twice', `k1:${secret()},k1:${secret()}`],
    ['a kid with a dot, which parts credentials', `k.1:${secret()}`],
    ['a kid that is too long', `${'k'.repeat(17)}:${secret()}`],
    ['nothing after a comma', `k1:${secret()},`],
  ])('refuses session secrets with %s', (_why, text) => {
    const message = messageOf(() => loadConfig({ ...valid, SESSION_CREDENTIAL_SECRETS: text }));
    expect(message).toContain('SESSION_CREDENTIAL_SECRETS: must be kid:secret pairs');
    expect(message).not.toContain(text);
  });

  test.each([
    [
      'the session secret, whatever it is called,',
      { SESSION_CREDENTIAL_SECRETS: `k1:${secret()},k2:${composeSecret()}` },
    ],
    ['the session secret', { SESSION_CREDENTIAL_SECRETS: `trial:${secret()}` }],
    [
      'the seal key, whatever it is called,',
      { SIGNING_SEAL_KEYS: `k1:${secret()},k2:${composeSecret()}` },
    ],
    ['the seal key', { SIGNING_SEAL_KEYS: `trial:${secret()}` }],
    ['a password of Postgres', { DATABASE_URL: 'postgres://leasehold_app:trial@db/leasehold' }],
    ['the password of Redis', { REDIS_URL: 'redis://:trial@cache:6379' }],
    ['the root key', { KMS_KEY: standInKey, SIGNING_SEAL_KEYS: `s1:${secret()}` }],
    ['the signer, behind a socket,', { KMS_ENDPOINT: 'unix:/run/kms/kms.sock' }],
    ['the signer, on a port of its machine,', { KMS_ENDPOINT: '127.0.0.1:9010' }],
  ])('serves nobody but this machine with %s of the local trial', (_which, known) => {
    const [name = ''] = Object.keys(known);
    const elsewhere = { ...valid, ...known, PUBLIC_URL: 'https://leasehold.example.com' };
    expect(() => loadConfig(elsewhere)).toThrow(`${name}: is the one of the local trial`);
    expect(loadConfig({ ...valid, ...known, PUBLIC_URL: 'http://localhost:8080' })).toBeDefined();
    expect(loadConfig({ ...valid, ...known })).toBeDefined();
    const proxied = { ...valid, ...known, TRUSTED_PROXIES: '127.0.0.1' };
    expect(() => loadConfig(proxied)).toThrow(`${name}: is the one of the local trial`);
  });

  test.each([
    ['KMS_KEY', 'root'],
    ['KMS_KEY', 'projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1'],
    ['KMS_ENDPOINT', 'https://cloudkms.googleapis.com:443'],
    ['KMS_ENDPOINT', 'unix:kms.sock'],
    ['KMS_ENDPOINT', 'unix://host/kms.sock'],
    ['KMS_PROTECTION_LEVEL', 'EXTERNAL'],
  ])('refuses %s when it is %s', (name, value) => {
    expect(() => loadConfig({ ...valid, [name]: value })).toThrow(`${name}: `);
  });

  test('signs with nothing that it could not find again after a restart', () => {
    const key = { KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' };
    expect(() => loadConfig({ ...valid, ...key })).toThrow(
      'SIGNING_SEAL_KEYS: is required with KMS_KEY',
    );
    const sealed = loadConfig({ ...valid, ...key, SIGNING_SEAL_KEYS: `s1:${secret()}` });
    expect(sealed.SIGNING_SEAL_KEYS?.map(({ kid }) => kid)).toEqual(['s1']);
    expect(loadConfig(valid).SIGNING_SEAL_KEYS).toBeUndefined();
  });

  test('takes only this machine itself for one that needs no TLS', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]']) expect(isLoopback(host)).toBe(true);
    for (const host of ['localhost.example.com', '10.0.0.1', '127.0.0.1.example.com', 'kms']) {
      expect(isLoopback(host)).toBe(false);
    }
  });

  test('asks only what is on this machine without TLS for signatures', () => {
    expect(parseKmsEndpoint('unix:/run/a:1.sock')).toEqual({
      kind: 'socket',
      path: '/run/a:1.sock',
    });
    for (const here of ['unix:/a', 'localhost:1'])
      expect(isStandIn(parseKmsEndpoint(here))).toBe(true);
    expect(isStandIn(parseKmsEndpoint('kms.example.com:443'))).toBe(false);
    const other = { ...valid, PUBLIC_URL: 'https://leasehold.example.com' };
    expect(loadConfig({ ...other, KMS_ENDPOINT: 'kms.example.com:443' })).toBeDefined();
  });

  test.each(['0.0.0.0/0', '::/0', '10.0.0.0/00', '10.0.0.0/33', 'proxy', '10.0.0.1,'])(
    'believes no X-Forwarded-For because of %s',
    (TRUSTED_PROXIES) => {
      expect(() => loadConfig({ ...valid, TRUSTED_PROXIES })).toThrow(
        'TRUSTED_PROXIES: must be addresses or subnets',
      );
    },
  );

  test('takes several session secrets, the first of which signs', () => {
    const text = `new:${secret()}, old:${secret()}`;
    const config = loadConfig({ ...valid, SESSION_CREDENTIAL_SECRETS: text });
    expect(config.SESSION_CREDENTIAL_SECRETS.map(({ kid }) => kid)).toEqual(['new', 'old']);
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return String(error);
  }
  throw new Error('Nothing was thrown');
}
