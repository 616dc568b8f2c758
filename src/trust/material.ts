import type { CronSchedule } from '../durable/cron.ts';
import type { Schedule } from '../durable/schedule.ts';
import type { Clock } from '../model/clock.ts';
import type { Sha256Digest } from '../model/digest.ts';
import type { DocumentKind, Rule } from './authority/authority.ts';
import { loadAuthorities, loadRules } from './authority/load.ts';
import type { DocumentContent } from './authority/scope.ts';
import { type AuthoritySource, authoritiesDigest } from './authority/source.ts';
import type { TrustConfig } from './config.ts';
import type { TrustEvent } from './event.ts';
import type { RootSource } from './examine.ts';
import { type OpenRevocations, openRevocations } from './revocation/open.ts';
import { openRoots, type Roots } from './root/roots.ts';
import { type CurrentStanding, keylessRoots, standing } from './stand.ts';
import type { DocumentVerdict } from './verdict.ts';
import type { VerificationJob } from './verify-document.ts';

/** What signatures are judged by: who counts, whom to trust, what is revoked; followed as it changes. */
export type TrustMaterial = {
  readonly authorities: readonly AuthoritySource[];
  readonly rules: readonly Rule[];
  /** Over authorities and rules. */
  readonly digest: Sha256Digest;
  readonly roots: Roots;
  readonly revocations: OpenRevocations;
  /** The roots that authorities name, as a thread takes them. */
  readonly rootSources: () => Readonly<Record<string, RootSource>>;
  /** The same, named by digest or by why one cannot be had. */
  readonly rootDigests: () => Readonly<Record<string, Sha256Digest | 'root_stale' | 'root_unavailable'>>;
  /** A verdict as it counts now. */
  readonly stand: (verdict: DocumentVerdict, now: number) => CurrentStanding;
  readonly close: () => Promise<void>;
};

export type MaterialOptions = {
  readonly config: Pick<TrustConfig, 'authorities' | 'rules' | 'roots' | 'revocations'>;
  /** What relative paths of the configuration are meant against. */
  readonly resolvePath: (path: string) => string;
  readonly now: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly onEvent: (event: TrustEvent) => void;
  /** False: roots are taken as they are kept, and nothing is fetched now. Default true. */
  readonly refreshAtStart?: boolean;
  /** Timers and cron tasks of roots and revocations; real ones by default. */
  readonly schedule?: Schedule;
  readonly cron?: CronSchedule;
};

/**
 * Reads keys, roots and revocations. Revocations that cannot be read are a state, in which nothing counts; anything else ends it.
 *
 * @throws CodedError `config.invalid`, `root.*`, `durable.file_*`
 */
export async function openMaterial(options: MaterialOptions): Promise<TrustMaterial> {
  const { config, resolvePath, onEvent, schedule, cron } = options;
  const authorities = loadAuthorities(config, resolvePath);
  const rules = loadRules(config.rules);
  const roots = await openRoots(config.roots, {
    resolve: resolvePath,
    now: options.now,
    onEvent,
    fetch: options.fetch,
    refreshAtStart: options.refreshAtStart ?? true,
    ...(schedule !== undefined && { schedule }),
    ...(cron !== undefined && { cron }),
  });
  const revocations = await openRevocations(config.revocations.files.map(resolvePath), {
    pollSeconds: config.revocations.poll_seconds,
    onEvent,
    ...(schedule !== undefined && { schedule }),
  });
  const used = [...new Set(authorities.flatMap(({ signer }) => signer.root ?? []))].sort();
  const rootOf = keylessRoots(authorities);

  function states() {
    const current = roots.current();
    return used.map((name) => [name, current[name] ?? GONE] as const);
  }

  return {
    authorities,
    rules,
    digest: authoritiesDigest(authorities, rules),
    roots,
    revocations,
    rootSources: () =>
      Object.fromEntries(states().map(([name, state]) => [name, 'root' in state ? { bytes: state.bytes } : state])),
    rootDigests: () =>
      Object.fromEntries(states().map(([name, state]) => [name, 'root' in state ? state.digest : state.failure])),
    stand: (verdict, now) => standing(verdict, revocations.current(), roots.current(), rootOf, now),
    close: async () => {
      await Promise.all([roots.close(), revocations.close()]);
    },
  };
}

const GONE = { failure: 'root_unavailable', message: 'the root is not configured' } as const;

/** What a document is verified with. */
export type DocumentToJudge = {
  readonly kind: DocumentKind;
  readonly artifact: VerificationJob['artifact'];
  readonly bundles: readonly Uint8Array[];
  readonly content: DocumentContent;
};

/** The job of verifying a document under all that counts now. */
export function jobOf(
  material: TrustMaterial,
  { kind, artifact, bundles, content }: DocumentToJudge,
  now: number,
): VerificationJob {
  return {
    kind,
    artifact,
    bundles,
    content,
    authorities: material.authorities,
    rules: material.rules,
    roots: material.rootSources(),
    now,
  };
}
