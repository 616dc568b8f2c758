import { printable } from '../model/printable.ts';
import type { DocumentChange, DocumentHandle } from './documents.ts';
import type { TrustEvent } from './event.ts';
import type { FreshnessEvent, LogName } from './freshness/event.ts';

/** What freshness found, in words for whoever runs the service. What was only learned, and changes nothing for anybody, is info. */
export function freshnessReport(event: FreshnessEvent): TrustEvent {
  switch (event.type) {
    case 'log_distrusted': {
      const [one, other] = event.trees;
      const kept = event.remembered
        ? ''
        : ' The store of what was seen could not keep that; this process remembers it.';
      return alarm(
        `freshness.${event.code}`,
        `${logText(event)} showed trees that exclude each other: size ${one.size} root ${one.root}, and size ${other.size} root ${other.root}. Whatever relies on it is refused until an operator has looked into it and undoes that.${kept}`,
      );
    }
    case 'document_refused':
      return alarm(`freshness.${event.code}`, `${nameText(event.kind, event.document, event.name)}: ${event.message}`);
    case 'state_failed':
      return {
        code: 'freshness.state_failed',
        severity: 'error',
        message: `${event.message}; what needs it is refused. Look at the store that \`state\` names.`,
        cause: event.cause,
      };
    case 'live_raised':
      return info('freshness.live_raised', `${logText(event)} has grown to ${event.size}, as it proved`);
    case 'observed_proved':
      return info(
        'freshness.observed_proved',
        `${event.count} checkpoints of ${logText(event)} lie within its live tree; ${event.left} are left for the next look`,
      );
    case 'log_unreachable':
      return {
        code: 'freshness.log_unreachable',
        severity: 'warning',
        message: `the log at ${event.baseUrl} could not be looked at, ${event.runs} times in a row: ${printable(event.message, 1000)} (${event.code})`,
        ...(event.cause !== undefined && { cause: event.cause }),
      };
    case 'log_unproved':
      return warning(
        'freshness.log_unproved',
        `${logText(event)} did not prove that its tree of size ${event.to.size} extends that of size ${event.from.size}, ${event.runs} times in a row; if that goes on, it is no longer believed`,
      );
    case 'log_behind':
      return warning(
        'freshness.log_behind',
        `${logText(event)} shows a tree of size ${event.shown.size} and has signed one of size ${event.known.size} before, ${event.runs} times in a row; look at another mirror`,
      );
    case 'origin_unlisted':
      return warning(
        'freshness.origin_unlisted',
        `bundles came with checkpoints of ${logText(event)}, an origin that the log at ${event.baseUrl} does not list`,
      );
    case 'another_tree':
      return alarm(
        'freshness.another_tree',
        `${logText(event)} was seen for the first time; its key has signed trees as ${event.others.map((origin) => printable(origin, 256)).join(', ')} before. Ask who runs the log whether it has begun another shard: if not, it hides a fork`,
      );
  }
}

/** What became of a document in use. */
export function changeReport(change: DocumentChange): TrustEvent {
  const name = nameText(change.document.kind, change.document.digest, change.document.name);
  switch (change.type) {
    case 'verdict_changed':
      return change.verified
        ? info('trust.verified_again', `${name} is verified from now on`)
        : alarm(
            'trust.no_longer_verified',
            `${name} is no longer verified (${change.codes.join(', ')}); \`exequatur verify\` shows why`,
          );
    case 'renewal_failed':
      return warning(
        'trust.renewal_failed',
        `${name} could not be verified again (${change.codes.join(', ')}); its last verdict stands, and another attempt follows`,
      );
  }
}

function alarm(code: string, message: string): TrustEvent {
  return { code, severity: 'error', message };
}

function warning(code: string, message: string): TrustEvent {
  return { code, severity: 'warning', message };
}

function info(code: string, message: string): TrustEvent {
  return { code, severity: 'info', message };
}

function logText({ logId, origin }: LogName): string {
  return `the log ${printable(origin, 256)} (${logId})`;
}

function nameText(kind: string, digest: DocumentHandle['digest'], name: string | undefined): string {
  return `the ${printable(kind, 64)} ${name === undefined ? digest : `${printable(name, 256)} (${digest})`}`;
}
