import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'luaparse';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { keyCount } from '../../lua/keys.ts';
import { loadScript } from '../../lua/load.ts';
import { startTestRedis } from '../support/redis.ts';

const folder = new URL('../../lua/', import.meta.url);
const filesIn = (path: string): string[] =>
  readdirSync(new URL(path, folder)).filter((name) => name.endsWith('.lua'));
const scripts = filesIn('.');
const includes = filesIn('include/');

const server = await startTestRedis();
const redis = new Redis(server.url);
afterAll(() => {
  redis.disconnect();
});

/** The commands that a text calls, by name. */
function commandsOf(text: string): string[] {
  return [...text.matchAll(/redis\.p?call\(\s*'(\w+)'/g)].map(([, command = '']) => command);
}

describe.each(scripts)('%s', (file) => {
  const text = loadScript(file);

  test('is Lua 5.1 in which nothing is global but what Redis gives', () => {
    const { globals } = parse(text, { luaVersion: '5.1', scope: true }) as {
      globals?: { name: string }[];
    };
    const given = ['redis', 'KEYS', 'ARGV', 'string', 'math', 'table', 'cjson', 'unpack'];
    const basic = ['tonumber', 'tostring', 'ipairs', 'pairs', 'select', 'type'];
    const names = (globals ?? []).map(({ name }) => name);
    expect(names.filter((name) => ![...given, ...basic].includes(name))).toEqual([]);
  });

  test('is taken by Redis', async () => {
    await expect(redis.script('LOAD', text)).resolves.toMatch(/^[0-9a-f]{40}$/);
  });

  test('works on what it is given: it walks no key space and waits for nothing', () => {
    const commands = commandsOf(text);
    expect(commands).not.toHaveLength(0);
    const forbidden = ['KEYS', 'SCAN', 'HSCAN', 'ZSCAN', 'FLUSHALL', 'FLUSHDB', 'EVAL', 'WAIT'];
    expect(commands.filter((command) => forbidden.includes(command))).toEqual([]);
    // Each command is named in the text, so that this list and readers see it.
    expect(text.match(/redis\.p?call\(/g)).toHaveLength(commands.length);
  });

  test('says in its header what it guarantees, takes and replies', () => {
    const header = /^--\[\[(.*?)\]\]/s.exec(readFileSync(new URL(file, folder), 'utf8'))?.[1] ?? '';
    for (const part of ['Guarantee:', 'KEYS ', 'ARGV[1]', 'Replies', 'NO_POOL']) {
      expect(header).toContain(part);
    }
  });

  test('takes only the keys of one pool', () => {
    const indexes = [...text.matchAll(/KEYS\[(\d+)\]/g)].map(([, index]) => Number(index));
    expect(Math.max(...indexes)).toBeLessThanOrEqual(keyCount);
  });
});

test('every include is included', () => {
  const all = [...scripts, ...includes.map((name) => `include/${name}`)];
  const asked = all.flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return [...text.matchAll(/^-- @include (\S+)$/gm)].map(([, name = '']) => `${name}.lua`);
  });
  // Put in the place of now.lua, and only when a test asks for it.
  const unasked = includes.filter((name) => !asked.includes(name));
  expect(unasked).toEqual(['test-now.lua']);
});

test('no script that production loads reads the time from its arguments', () => {
  for (const file of scripts) expect(loadScript(file)).not.toContain('ARGV[#ARGV]');
});
