/** A tenant whose secrets are real: keys by ssh-keygen and openssl, a hash by openssl passwd, on the policy of a web server. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuiltBundle } from '../../core/bundle/build.ts';
import { utf8 } from '../../core/bytes.ts';
import { template } from '../../core/policy/templates.ts';
import { generateValue, generatorFor } from '../../core/secret/value.ts';
import { seededEnv } from './env.ts';
import { run } from './programs.ts';
import { makeBundle } from './tenant.ts';

export interface WebTenant {
  readonly values: ReadonlyMap<string, Uint8Array>;
  readonly publics: ReadonlyMap<string, Uint8Array>;
  /** public line of the CA that signed the ssh host key */
  readonly hostCa: string;
  readonly password: string;
  readonly bundle: BuiltBundle;
}

export const webPolicy = template('web-server');

/** Makes it. Needs ssh-keygen and openssl. */
export const makeWebTenant = (): WebTenant => {
  const directory = mkdtempSync(join(tmpdir(), 'selwright-web-'));
  const at = (name: string): string => join(directory, name);
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(at(name)));
  try {
    for (const name of ['host', 'user_ca', 'host_ca'])
      run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${name}@test`, '-f', at(name)]);
    run('ssh-keygen', ['-q', '-s', at('host_ca'), '-h', '-I', 'web-01', '-n', 'web-01.example', '-V', '+52w', at('host.pub')]);
    const subject = ['-subj', '/CN=web-01.example', '-addext', 'subjectAltName=DNS:web-01.example', '-days', '365'];
    run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      at('web.key'),
      '-out',
      at('web.pem'),
      ...subject,
    ]);
    const password = 'a password that nobody types';
    const hash = run('openssl', ['passwd', '-6', '-stdin'], utf8(password)).toString().trim();
    const env = seededEnv('web tenant');
    const values = new Map<string, Uint8Array>([
      ['ssh-host-ed25519-key', read('host')],
      ['tls-web-key', read('web.key')],
      ['admin-login', utf8(`admin:${hash}`)],
    ]);
    for (const s of webPolicy.secrets)
      if (!values.has(s.name) && generatorFor(s)) values.set(s.name, generateValue(s, env).value);
    const publics = new Map([
      ['ssh-user-ca', read('user_ca.pub')],
      ['ssh-host-cert', read('host-cert.pub')],
      ['web-cert', read('web.pem')],
    ]);
    const hostCa = readFileSync(at('host_ca.pub'), 'utf8');
    return { values, publics, hostCa, password, bundle: makeBundle('web', { policy: webPolicy, values, publics }) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** A directory for a test's own files. */
export const scratch = (): {
  path: (...parts: string[]) => string;
  write: (name: string, bytes: Uint8Array, mode?: number) => string;
  remove: () => void;
} => {
  const directory = mkdtempSync(join(tmpdir(), 'selwright-test-'));
  const path = (...parts: string[]): string => join(directory, ...parts);
  return {
    path,
    write: (name, bytes, mode = 0o600) => {
      writeFileSync(path(name), bytes, { mode });
      return path(name);
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
};
