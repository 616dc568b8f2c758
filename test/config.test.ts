import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { configPath, configSchema, demonstrationFile, parseConfig, readConfig } from '../src/config.ts';
import { keysOf } from './config-keys.ts';
import { rejectedWith, thrownWith } from './thrown.ts';

const FILE = '/etc/exequatur/config.yaml';
const minimal = 'catalogue: { folders: [tools.json] }\n';

describe('the configuration', () => {
  it('takes the shipped demonstration, on loopback and with asserted subjects', () => {
    const config = readConfig(demonstrationFile());
    assert.equal(config.listen.host, '127.0.0.1');
    assert.equal(config.authentication.dangerously_trust_asserted_subjects, true);
  });

  it('fills in defaults that trust nobody, and freezes all of it', () => {
    const config = parseConfig(minimal, FILE);
    assert.equal(config.authentication.dangerously_trust_asserted_subjects, false);
    assert.deepEqual([config.listen, config.operations.port], [{ host: '127.0.0.1', port: 8470 }, 8471]);
    assert.deepEqual(config.policy.required_controls, [
      'access',
      'plan',
      'destructive',
      'window',
      'signature',
      'drift',
    ]);
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.limits) && Object.isFrozen(config.catalogue.folders));
  });

  it('means relative paths against the file’s folder', () => {
    const config = parseConfig(minimal, FILE);
    assert.equal(configPath(config, 'tools.json'), '/etc/exequatur/tools.json');
    assert.equal(configPath(config, '/srv/tools.json'), '/srv/tools.json');
  });

  it('reports every problem at once, with line, column and path', () => {
    const text = `listen: { prot: 1, port: 70000 }
catalogue: {}
audit: { segment: { max_bytes: 3 } }
environments:
  names: [a]
  rules: [{ environment: b, servers: [x] }]
nonsense: true
`;
    const { message, detail } = thrownWith('config.invalid', () => parseConfig(text, FILE));
    assert.equal(detail.problems, 6, message);
    for (const piece of [
      /config\.yaml:1:\d+ listen\.prot: nobody knows this key/,
      /config\.yaml:1:\d+ listen\.port: /,
      /config\.yaml:2:\d+ catalogue\.folders: is missing; it must be an array/,
      /config\.yaml:3:\d+ audit\.segment\.max_bytes: /,
      /config\.yaml:6:\d+ environments\.rules\.0\.environment: /,
      /config\.yaml:7:\d+ nonsense: nobody knows this key/,
    ]) {
      assert.match(message, piece);
    }
  });

  it('refuses duplicate keys, broken YAML, and what is no mapping', () => {
    for (const text of ['listen: {}\nlisten: {}\n', 'a: [', '- 1\n', 'text', '']) {
      thrownWith('config.invalid', () => parseConfig(text, FILE));
    }
  });

  it('refuses aliases that expand without end', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) =>
        `l${level}: &l${level} [${Array(9)
          .fill(level === 0 ? 'x' : `*l${level - 1}`)
          .join(', ')}]`,
    );
    thrownWith('config.invalid', () => parseConfig(levels.join('\n'), FILE));
  });

  it('refuses asserted subjects anywhere but on loopback', () => {
    const trusting = `${minimal}authentication: { dangerously_trust_asserted_subjects: true }\n`;
    parseConfig(`${trusting}listen: { host: "::1" }\n`, FILE);
    const { message } = thrownWith('config.invalid', () => parseConfig(`${trusting}listen: { host: 0.0.0.0 }\n`, FILE));
    assert.match(message, /dangerously_trust_asserted_subjects: is refused while listen\.host is 0\.0\.0\.0/);
  });

  it('says which file it cannot read, and what to do', async () => {
    const { message } = thrownWith('config.unreadable', () => readConfig('/nowhere/config.yaml'));
    assert.match(message, /\/nowhere\/config\.yaml \(ENOENT\); name an existing file with --config/);
    await rejectedWith(
      'config.unreadable',
      Promise.resolve().then(() => readConfig(tmpdir())),
    );
  });

  it('is documented key by key: each that the schemas take once, and no other', () => {
    const docs = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8');
    const rows = docs.split('\n').filter((line) => line.startsWith('| `'));
    const documented = rows.flatMap((row) => {
      const names = [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
      const folder = names[0]?.replace(/\.[^.]+$/, '') ?? '';
      return names.map((name) => (name.startsWith('.') ? folder + name : name));
    });
    const keys = [...keysOf(configSchema)];
    assert.ok(keys.length > 90);
    // A part of the configuration may have a row of its own besides those of its keys.
    const ofKeys = documented.filter((name) => !keys.some((key) => key.startsWith(`${name}.`)));
    assert.deepEqual(ofKeys.toSorted(), keys.toSorted());
    assert.equal(new Set(documented).size, documented.length);
  });
});
