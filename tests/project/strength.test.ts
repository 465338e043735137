/** `project build` keeps the policy's floor: values from a directory are measured, generated ones keep the bits they were made with. */
import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCli, type Cli } from '../support/cli.ts';

let cli: Cli;
const pass = (): string[] => ['--passphrase-file', cli.path('pass')];
const CHAIN = ['signing.crt', 'intermediate.crt', 'signing.crl', 'intermediate.crl', 'root.crl'].flatMap((f) => [
  '-f',
  `t/pki/${f}`,
]);
const PASSPHRASE = 't/values/luks-rfs-passphrase';

beforeAll(async () => {
  cli = await buildCli();
  expect(cli.run('sample', 'init', 't').code).toBe(0);
  writeFileSync(cli.path('pass'), 'a passphrase of some length\n');
  writeFileSync(cli.path(PASSPHRASE), 'password1234password');
  const filled = ['--policy', 't/policy.yaml', '-f', 't/host-keys/alpha.crt', ...CHAIN, '--root-ca', 't/pki/root.crt'];
  const made = cli.run('project', 'new', 'p.selwright', '--name', 'p', ...filled, '--hdr', 't/image/sel-ebc.img', ...pass());
  expect(made.code, made.stderr).toBe(0);
});
afterAll(() => cli.remove());

describe('project build', () => {
  it('refuses a passphrase under the floor, and takes a strong one', () => {
    expect(cli.run('project', 'add', 'p.selwright', '--values', 't/values', ...pass()).code).toBe(0);
    const refused = cli.run('project', 'build', 'p.selwright', '-o', 'weak', ...pass());
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('bits of strength') });
    expect(refused.stderr).toContain('P10');
    expect(existsSync(cli.path('weak'))).toBe(false);
    writeFileSync(cli.path(PASSPHRASE), 'kX9vQ2mZ7pL4wR8tB3nC6yH1dF5');
    expect(cli.run('project', 'add', 'p.selwright', '--values', 't/values', ...pass()).code).toBe(0);
    expect(cli.run('project', 'build', 'p.selwright', '-o', 'strong', ...pass()).code).toBe(0);
  });
});
