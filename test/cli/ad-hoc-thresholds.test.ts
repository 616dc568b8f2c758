import assert from 'node:assert/strict';
import { runCommandLine } from '../../src/cli/main.ts';
import { labFolder } from '../trust/lab-folder.ts';

describe('what a signer named on the command line must come with', () => {
  const files = labFolder({ now: Date.now() - 3_600_000 });
  const bundles = {
    keyed: files.made('keyed message ecdsa-sha2-256-nistp256'),
    logged: files.made('keyed message logged'),
    'rekor-v2': files.made('keyed message Rekor v2'),
    timestamped: files.made('keyed DSSE timestamped'),
    keyless: files.made('v0.3 message'),
    'keyless-timestamped': files.made('v0.3 message timestamped'),
  };
  before(() => {
    for (const [name, made] of Object.entries(bundles)) {
      files.write(`${name}.artifact`, made.artifact);
      files.write(`${name}.json`, made.bundleBytes);
      files.write(`${name}.pem`, made.key?.spkiPem ?? '');
      files.write(`${name}.root`, made.trustedRootBytes);
    }
  });
  after(files.remove);

  async function exitOf(...words: readonly string[]): Promise<number | undefined> {
    let exit: number | undefined;
    await runCommandLine([...words], {
      out: () => undefined,
      err: () => undefined,
      colour: false,
      cwd: files.folder,
      interrupted: new AbortController().signal,
      setExit: (code) => {
        exit = code;
      },
    });
    return exit;
  }

  for (const [name, made] of Object.entries(bundles)) {
    const root = ['--trusted-root', `${name}.root`];
    const identity = ['--certificate-identity', made.identity, '--certificate-oidc-issuer', made.issuer, ...root];
    const key = ['--key', `${name}.pem`];
    for (const [how, signer] of made.key === undefined
      ? ([['identity', identity]] as const)
      : ([
          ['key', key],
          ['key and root', [...key, ...root]],
        ] as const)) {
      it(`is the same for verify and verify-bundle: ${name}, ${how}`, async () => {
        const words = ['--bundle', `${name}.json`, ...signer, `${name}.artifact`];
        const statement = made.scenario.content === 'dsse';
        const type = statement ? ['--predicate-type', 'https://example.com/attestation/v1'] : [];
        const exit = await exitOf('verify', ...type, ...words);
        assert.equal(exit, await exitOf('verify-bundle', ...words));
        const unproved = how === 'key and root' && (name === 'keyed' || name === 'timestamped');
        assert.equal(exit, unproved ? 2 : 0);
      });
    }
  }
});
