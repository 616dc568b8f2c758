import type { AuditLog } from './audit/log.ts';
import type { ActivePolicy, ActiveTrust } from './compose.ts';
import type { Readiness } from './http/operations.ts';
import type { JsonObject } from './model/json.ts';
import type { StateHealth } from './state/watch.ts';
import type { TrustState } from './trust/health.ts';

/** What readiness is made of. */
export type ReadinessParts = {
  readonly audit: Pick<AuditLog, 'state'>;
  readonly policy: Pick<ActivePolicy, 'identity'>;
  /** Absent where no trust is configured. */
  readonly active?: Pick<ActiveTrust, 'trust' | 'stateHealth'>;
  readonly documents: {
    readonly catalogue: Shelved;
    readonly plans?: { readonly shelf: Shelved };
  };
  readonly stopping: boolean;
};

type Shelved = { readonly active: () => readonly unknown[]; readonly idle: () => readonly unknown[] };

/** Whether decisions can be made and recorded, and what each part says of itself; cheap, as it is asked for often. */
export function readinessOf({ audit, policy, active, documents, stopping }: ReadinessParts): Readiness {
  const log = audit.state();
  const trust = active?.trust.state();
  const state = active?.stateHealth();
  return {
    ready: log.kind === 'ready' && trust?.kind !== 'failed' && state?.kind !== 'failed' && !stopping,
    checks: {
      audit:
        log.kind === 'ready'
          ? { status: 'ready', low_space: log.lowSpace }
          : { status: 'failed', code: log.code, message: log.message },
      policy: { status: 'ready', ...policy.identity },
      trust: trust === undefined ? { status: 'not_configured' } : trustCheck(trust),
      // Without a document every tool is unknown: that is denied, and is no reason to send callers elsewhere.
      catalogue: shelfCheck(documents.catalogue),
      plans: documents.plans === undefined ? { status: 'not_configured' } : shelfCheck(documents.plans.shelf),
      state: state === undefined ? { status: 'not_configured' } : stateCheck(state),
      process: { status: stopping ? 'draining' : 'ready' },
    },
  };
}

function trustCheck({ documents, verdicts, pending, ...health }: TrustState): JsonObject {
  if (health.kind === 'ready') return { status: 'ready', documents, verdicts, pending };
  return { status: 'failed', code: `trust.${health.code}`, message: health.message };
}

function stateCheck(health: StateHealth): JsonObject {
  if (health.kind === 'ready') return { status: 'ready' };
  return { status: 'failed', code: health.code, message: health.message };
}

function shelfCheck({ active, idle }: Shelved): JsonObject {
  return { status: 'ready', active: active().length, not_active: idle().length };
}
