import assert from 'node:assert/strict';
import { isJsonObject } from '../../../src/model/json.ts';
import { artifactOf } from '../../../src/trust/artifact.ts';
import { CONTENT_LIMITS, NO_CONTENT } from '../../../src/trust/authority/content.ts';
import type { TrustEvent } from '../../../src/trust/event.ts';
import type { DocumentVerdict } from '../../../src/trust/verdict.ts';
import { isBrokenOff } from '../../../src/trust/verdicts.ts';
import { type VerificationJob, verifyDocument } from '../../../src/trust/verify-document.ts';
import { verificationConfig } from '../../../src/trust/worker/config.ts';
import { createVerifier, type Verifier, type VerifierOptions } from '../../../src/trust/worker/verifier.ts';
import { authority, jobFor } from '../jobs.ts';

const LIMITS = verificationConfig.parse({ deadline_ms: 60_000 });
const LIAR = new URL('./threads/verdict.ts', import.meta.url);

async function withVerifier(options: Partial<VerifierOptions>, use: (verifier: Verifier) => Promise<void>) {
  const verifier = createVerifier({ limits: LIMITS, ...options });
  try {
    await use(verifier);
  } finally {
    await verifier.close();
  }
}

/** A job whose kind tells the lying thread what to say. */
function job(kind: string, parts: Partial<VerificationJob> = {}): VerificationJob {
  return {
    kind,
    artifact: artifactOf(new TextEncoder().encode('a document')),
    bundles: [new Uint8Array(8)],
    content: NO_CONTENT,
    authorities: [authority('board'), authority('release')],
    rules: [
      { name: 'all', kinds: [kind], authorities: ['board'], atLeast: 1 },
      { name: 'others', kinds: ['other'], authorities: ['board'], atLeast: 1 },
    ],
    roots: {},
    now: 0,
    ...parts,
  };
}

function refusedWith(verdict: DocumentVerdict, code: string, of: VerificationJob): void {
  assert.deepEqual(
    verdict.failed.map((failure) => failure.code),
    [code],
  );
  assert.deepEqual(verdict.by, []);
  assert.equal(verdict.document, of.artifact.digest);
  assert.equal(verdict.kind, of.kind);
  assert.deepEqual(
    verdict.rules.map(({ name }) => name),
    ['all'],
  );
}

describe('the verifier', () => {
  for (const name of ['keyed', 'keyless'] as const) {
    it(`finds in a thread what it finds here (${name})`, () =>
      withVerifier({}, async (verifier) => {
        const asked = jobFor(name);
        const verdict = await verifier.verify(asked);
        assert.deepEqual(
          verdict.by.map(({ authority: by }) => by),
          [name],
        );
        assert.deepEqual(verdict, verifyDocument(asked));
        assert.deepEqual(await verifier.verify(asked), verdict, 'and again, with what the thread has kept');
      }));
  }

  it('takes an answer that is one', () =>
    withVerifier({ entry: LIAR }, async (verifier) => {
      const asked = job('right', { rules: [{ name: 'all', kinds: ['right'], authorities: ['board'], atLeast: 1 }] });
      const verdict = await verifier.verify(asked);
      assert.deepEqual(
        verdict.by.map(({ authority: by }) => by),
        ['board'],
      );
    }));

  it('sends no content beyond the bounds to a thread', () =>
    withVerifier({ entry: LIAR }, async (verifier) => {
      const tools = Array.from({ length: CONTENT_LIMITS.names + 1 }, (_, index) => `a/${index}`);
      const asked = job('right', { content: { ...NO_CONTENT, tools } });
      refusedWith(await verifier.verify(asked), 'document_too_large', asked);
    }));

  for (const lie of [
    'another document',
    'another kind',
    'no rules',
    'a rule that asks for less',
    'an authority that nobody asked about',
    "another's fact",
    "a stranger's attestation",
    'a member that nobody knows',
    'no digest',
    'a code that nobody knows',
    'a time that is none',
    'no proofs',
    'nothing',
    'a text',
  ]) {
    it(`takes no answer with ${lie}`, () =>
      withVerifier({ entry: LIAR }, async (verifier) => {
        const rules = [{ name: 'all', kinds: [lie], authorities: ['board'], atLeast: 1 }];
        const asked = job(lie, { rules });
        const verdict = await verifier.verify(asked);
        refusedWith(verdict, 'verifier_failed', asked);
        assert.equal(isBrokenOff(verdict), true);
      }));
  }

  it('says that a document timed out, reports it, and goes on', async () => {
    const events: TrustEvent[] = [];
    const limits = { ...LIMITS, deadline_ms: 1000 };
    await withVerifier({ entry: LIAR, limits, onEvent: (event) => events.push(event) }, async (verifier) => {
      const [hung, after] = await Promise.all([verifier.verify(job('hang')), verifier.verify(job('no rules'))]);
      refusedWith(hung, 'timed_out', job('hang'));
      assert.equal(isBrokenOff(hung), true);
      refusedWith(after, 'verifier_failed', job('no rules'));
    });
    assert.deepEqual(
      events.map(({ code, severity }) => [code, severity]),
      [
        ['trust.timed_out', 'warning'],
        ['trust.verifier_failed', 'warning'],
      ],
    );
  });

  it('says that the verifier failed when the thread dies, with the cause for the log alone', async () => {
    const events: TrustEvent[] = [];
    await withVerifier({ entry: LIAR, onEvent: (event) => events.push(event) }, async (verifier) => {
      const verdict = await verifier.verify(job('die'));
      refusedWith(verdict, 'verifier_failed', job('die'));
      assert.doesNotMatch(JSON.stringify(verdict), /broken\b/);
    });
    const cause = events[0]?.cause;
    assert.ok(cause instanceof Error && cause.cause instanceof Error && cause.cause.message === 'broken');
  });

  it('sends nothing that exceeds the bounds', async () => {
    const limits = verificationConfig.parse({ max_document_bytes: 1024, max_bundle_bytes: 1024, max_bundles: 1 });
    await withVerifier({ entry: LIAR, limits }, async (verifier) => {
      for (const [code, parts] of [
        ['document_too_large', { artifact: artifactOf(new Uint8Array(1025)) }],
        ['bundle_too_large', { bundles: [new Uint8Array(1025)] }],
        ['bundle_too_many_parts', { bundles: [new Uint8Array(1), new Uint8Array(1)] }],
      ] as const) {
        // A thread that got it would hang.
        const asked = job('hang', parts);
        refusedWith(await verifier.verify(asked), code, asked);
      }
      assert.equal(verifier.pending(), 0);
    });
  });

  it('leaves the bytes where they are', () =>
    withVerifier({}, async (verifier) => {
      const asked = jobFor('keyed');
      await verifier.verify(asked);
      assert.ok((asked.artifact.bytes?.byteLength ?? 0) > 0);
      assert.ok(asked.bundles.every((bundle) => bundle.byteLength > 0));
    }));

  it('verifies nothing once closed', async () => {
    const verifier = createVerifier({ limits: LIMITS });
    await verifier.close();
    const asked = job('right');
    refusedWith(await verifier.verify(asked), 'verifier_failed', asked);
  });
});

describe('the configuration of verification', () => {
  it('has defaults', () => {
    assert.deepEqual(verificationConfig.parse(undefined), {
      threads: 1,
      deadline_ms: 5000,
      thread_megabytes: 256,
      queue: 1024,
      max_document_bytes: 16 * 1024 * 1024,
      max_bundle_bytes: 1024 * 1024,
      max_bundles: 8,
      verdicts: 10_000,
      renew: '0 * * * *',
    });
  });

  for (const [name, value] of [
    ['threads', 0],
    ['threads', 9],
    ['deadline_ms', 99],
    ['max_bundles', 65],
    ['renew', 'hourly'],
    ['renew', '61 * * * *'],
    ['renew', '* * * * * *'],
    ['timeout', 1],
  ] as const) {
    it(`refuses ${name}: ${value}`, () => {
      const parsed = verificationConfig.safeParse({ [name]: value });
      assert.equal(parsed.success, false);
      const issue: unknown = parsed.error?.issues[0];
      assert.ok(isJsonObject(issue));
      assert.ok([`${issue.path}`, `${issue.keys}`].includes(name));
    });
  }
});
