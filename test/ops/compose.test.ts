/** docker-compose.yml: in the official form, and in step with everything that it names. */
import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { configFields, loadConfig } from '../../platform/config.ts';
import { standInKey } from '../../platform/kms-endpoint.ts';
import { fillIn, readComposeFile, root, variablesIn, type Service } from './compose-file.ts';

const { document, services, volumes } = await readComposeFile();
const all = Object.entries(services);
const ofOurImage = all.filter(([, { build }]) => build !== undefined);
const ours = ofOurImage.filter(([name]) => name !== 'kms');
const jobs = new Set(['migrate', 'prepare-temporal', 'temporal-schema']);
const servers = all.filter(([name]) => !jobs.has(name));
/** Where the stand-in for Cloud KMS answers. */
const socket = '/run/kms/kms.sock';

/** The environment that a container of ours gets when the deployment sets these variables. */
function environmentOf(name: string, set: NodeJS.Dict<string> = {}): Record<string, string> {
  const entries = Object.entries(services[name]?.environment ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, fillIn(value, set)]));
}

test('is what the Compose Specification calls valid', async () => {
  const text = await readFile(new URL('../fixtures/compose-spec.json', import.meta.url), 'utf8');
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(JSON.parse(text) as object);
  validate(document);
  expect(validate.errors).toBeNull();
  validate({ services: { api: { imagine: 'node' } } });
  expect(validate.errors).not.toBeNull();
});

test('passes every setting on, and no other; only migrations know the owner of the database', () => {
  const settings = Object.keys(configFields);
  expect(Object.keys(environmentOf('migrate')).sort()).toEqual(settings.sort());
  for (const [name] of ours.filter(([job]) => job !== 'migrate')) {
    const others = settings.filter((setting) => setting !== 'OWNER_DATABASE_URL');
    expect(Object.keys(environmentOf(name)).sort(), name).toEqual(others.sort());
  }
});

test('starts with nothing set, with the defaults that the configuration has itself', () => {
  const config = loadConfig(environmentOf('migrate'));
  const inContainers = [
    ...['API_HOST', 'API_DRAIN_SECONDS', 'TEMPORAL_ADDRESS'],
    ...['KMS_KEY', 'KMS_ENDPOINT', 'SIGNING_SEAL_KEYS'],
  ];
  for (const [name, field] of Object.entries(configFields)) {
    const byDefault = field.safeParse(undefined);
    if (!byDefault.success || inContainers.includes(name)) continue;
    if (name === 'OWNER_DATABASE_URL') continue;
    expect(config[name as keyof typeof config], name).toEqual(byDefault.data);
  }
});

test('filled from a copy of .env.example, it is the same as with nothing set', async () => {
  const copied = parseEnv(await readFile(join(root, '.env.example'), 'utf8'));
  for (const [name] of ours) expect(environmentOf(name, copied), name).toEqual(environmentOf(name));
  const ignored = await readFile(join(root, '.gitignore'), 'utf8');
  expect(ignored.split('\n')).toContain('.env');
});

test('a password of its own store is the one that its servers use', () => {
  const set = { POSTGRES_PASSWORD: 'one', REDIS_PASSWORD: 'two' };
  const { OWNER_DATABASE_URL: owner = '', REDIS_URL: redis = '' } = environmentOf('migrate', set);
  expect(new URL(owner).password).toBe(environmentOf('postgres', set)['POSTGRES_PASSWORD']);
  expect(new URL(redis).password).toBe(environmentOf('redis', set)['REDISCLI_AUTH']);
  expect([new URL(owner).password, new URL(redis).password]).toEqual(['one', 'two']);
});

test('refuses to serve others until its known secrets are replaced', () => {
  const set = { PUBLIC_URL: 'https://leasehold.example.com' };
  expect(() => loadConfig(environmentOf('api', set))).toThrow(/local trial/);
  const own = {
    ...set,
    DATABASE_URL: 'postgres://leasehold_app:a@db/leasehold',
    SYSTEM_DATABASE_URL: 'postgres://leasehold_system:b@db/leasehold',
    REDIS_URL: 'redis://:c@redis:6379',
    SESSION_CREDENTIAL_SECRETS: `k1:${'A'.repeat(43)}`,
    SIGNING_SEAL_KEYS: `s1:${'A'.repeat(43)}`,
    KMS_KEY: 'projects/shop-1/locations/global/keyRings/r/cryptoKeys/k',
    KMS_ENDPOINT: '',
  };
  const config = loadConfig(environmentOf('api', own));
  expect(config).toMatchObject({ PUBLIC_URL: set.PUBLIC_URL, KMS_KEY: own.KMS_KEY });
  expect(config.KMS_ENDPOINT).toBeUndefined();
  for (const name of Object.keys(own) as (keyof typeof own)[]) {
    if (name === 'PUBLIC_URL') continue;
    const { [name]: _, ...unset } = own;
    expect(() => loadConfig(environmentOf('api', unset))).toThrow(`${name}: is the one of`);
  }
});

test('signs with nothing set, and nothing once its key is set to nothing', () => {
  expect(loadConfig(environmentOf('api'))).toMatchObject({
    KMS_KEY: standInKey,
    KMS_ENDPOINT: `unix:${socket}`,
  });
  const off = loadConfig(environmentOf('worker', { KMS_KEY: '', SIGNING_SEAL_KEYS: '' }));
  expect([off.KMS_KEY, off.SIGNING_SEAL_KEYS]).toEqual([undefined, undefined]);
});

test('who signs stands before who asks, shares a socket with them and nothing else', () => {
  const { network_mode: network, ports, environment } = services['kms'] ?? {};
  expect({ network, ports, environment }).toEqual({
    ...{ network: 'none', ports: [] },
    environment: { NODE_ENV: 'development' },
  });
  for (const name of ['api', 'worker']) {
    expect(services[name]?.depends_on, name).toMatchObject({
      kms: { condition: 'service_healthy' },
    });
    expect(services[name]?.volumes, name).toContain(`kms-socket:${dirname(socket)}:ro`);
  }
  expect(services['kms']?.volumes).toContain(`kms-socket:${dirname(socket)}`);
  const sharers = all.filter(([, { volumes }]) => volumes.join().includes('kms-keys'));
  expect(sharers.map(([name]) => name)).toEqual(['kms']);
  const folder = commandOf(services['kms']?.command).join(' ');
  expect(folder).toContain('--folder /keys ');
  expect(services['kms']?.volumes).toContain('kms-keys:/keys');
});

test('its variables are settings, or passwords and a version that it explains', async () => {
  const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
  const known = new Set([
    ...Object.keys(configFields),
    ...['LEASEHOLD_VERSION', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'TEMPORAL_POSTGRES_PASSWORD'],
    'GRAFANA_PASSWORD',
  ]);
  expect(variablesIn(text).filter((name) => !known.has(name))).toEqual([]);
});

test('every command of ours is a program that the image holds, or that is mounted into it', async () => {
  const ignored = await readFile(join(root, '.dockerignore'), 'utf8');
  for (const [name, { command, healthcheck, volumes }] of ofOurImage) {
    for (const [node, ...words] of [commandOf(command), healthcheck?.test?.slice(1)].flatMap(
      (line) => (line === undefined ? [] : [line]),
    )) {
      const file = words.find((word) => !word.startsWith('--')) ?? '';
      expect(node, name).toBe('node');
      await access(join(root, file));
      const isMounted = volumes.includes(`./${dirname(file)}:/app/${dirname(file)}:ro`);
      if (!isMounted) expect(ignored, name).toContain(`\n!${file.split('/')[0] ?? ''}\n`);
    }
  }
});

test('what it waits for exists, heals or ends, and nothing waits for itself', () => {
  for (const [name, { depends_on: needs }] of all) {
    for (const [needed, { condition }] of Object.entries(needs)) {
      const service = services[needed];
      expect(service, `${name} → ${needed}`).toBeDefined();
      const isJob = condition === 'service_completed_successfully';
      expect(isJob, `${name} → ${needed}`).toBe(jobs.has(needed));
      if (condition === 'service_healthy') expect(service?.healthcheck?.test).toBeDefined();
    }
  }
  expect(Object.keys(services).filter((name) => reaches(name, name))).toEqual([]);
});

test('everything has a limit and gains no rights; our own have a disk that is read-only and no capability', () => {
  for (const [name, service] of all) {
    expect(service.security_opt, name).toContain('no-new-privileges:true');
    if (name !== 'temporal-schema') {
      expect(Object.keys(service.deploy?.resources.limits ?? {}), name).toEqual(['cpus', 'memory']);
    }
  }
  for (const [name, service] of ofOurImage) {
    expect(service, name).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
  }
  expect(servers.filter(([, { restart }]) => restart !== 'unless-stopped')).toEqual([]);
});

test('only this machine reaches what it publishes, and never a store', () => {
  const published = all.filter(([, { ports }]) => ports.length > 0);
  for (const [name, { ports }] of published) {
    for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  }
  const stores = ['postgres', 'redis', 'redis-replica', 'temporal-postgres', 'temporal'];
  expect(published.map(([name]) => name).filter((name) => stores.includes(name))).toEqual([]);
  const api = environmentOf('api');
  expect(services['api']?.ports).toEqual([`127.0.0.1:8080:${api['API_PORT'] ?? ''}`]);
  expect(api['PUBLIC_URL']).toBe('http://127.0.0.1:8080');
});

test('what it mounts exists, and every image has a version', async () => {
  for (const [name, service] of all) {
    for (const volume of service.volumes) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('./')) await access(join(root, source));
      else expect(Object.keys(volumes), name).toContain(source);
    }
    expect(fillIn(service.image), name).toMatch(/:(trial|v?\d[\w.-]*)$/);
  }
});

test('what watches it is there when asked for, and looks where the servers are', async () => {
  const optional = all.filter(([, { profiles }]) => profiles.length > 0);
  expect(optional.map(([name]) => name)).toEqual(['prometheus', 'grafana']);
  for (const [, { profiles }] of optional) expect(profiles).toEqual(['monitoring']);
  const text = await readFile(join(root, 'ops/prometheus/prometheus.yml'), 'utf8');
  const port = environmentOf('api')['METRICS_PORT'] ?? '';
  for (const [name] of ours.filter(([server]) => !jobs.has(server))) {
    expect(text).toContain(`${name}:${port}`);
  }
  const source = 'ops/grafana/provisioning/datasources/prometheus.yml';
  expect(await readFile(join(root, source), 'utf8')).toContain('http://prometheus:9090');
});

test('Redis keeps every seat: it never evicts, and writes them down, on the replica too', () => {
  for (const name of ['redis', 'redis-replica']) {
    const command = services[name]?.command;
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(command).toContain('--appendonly yes');
  }
  expect(services['redis-replica']?.command).toContain('--replicaof redis 6379');
});

function commandOf(command: Service['command']): string[] {
  return typeof command === 'string' ? command.split(' ') : (command ?? []);
}

/** Whether a service waits, over any number of others, for that one. */
function reaches(from: string, to: string, seen = new Set<string>()): boolean {
  if (seen.has(from)) return false;
  seen.add(from);
  const needs = Object.keys(services[from]?.depends_on ?? {});
  return needs.some((needed) => needed === to || reaches(needed, to, seen));
}
