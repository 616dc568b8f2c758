import type { Signatures } from '../model/facts.ts';
import { printable } from '../model/printable.ts';
import { type Candidate, parsedOf } from './candidate.ts';
import { isAlarm, type Refusal } from './refusal.ts';
import { type ShelfEvent, SUBMITTED_PREFIX } from './shelved.ts';

/** That a document counts from now on. @param before the version whose place it takes, if any */
export function activationOf<Content>(
  candidate: Candidate<Content>,
  signatures: Signatures | undefined,
  before: number | undefined,
): ShelfEvent {
  const { bundles, bytes, handle } = candidate;
  const place = before === undefined ? '' : `, in place of version ${before}`;
  return {
    type: 'activated',
    ...namesOf(candidate),
    failed: [],
    message: `${describe(candidate)} counts from now on${place}`,
    ...(signatures !== undefined && { signatures }),
    alarm: false,
    bytes: handle?.bytes ?? bytes,
    bundles,
  };
}

/** That it does not count, or no longer. */
export function refusalEventOf<Content>(
  type: 'refused' | 'withdrawn',
  candidate: Candidate<Content>,
  { failed, message, signatures }: Refusal,
): ShelfEvent {
  return {
    type,
    ...namesOf(candidate),
    failed,
    message,
    ...(signatures !== undefined && { signatures }),
    alarm: isAlarm(failed),
  };
}

function namesOf<Content>(candidate: Candidate<Content>): Pick<ShelfEvent, 'kind' | 'digest' | 'source'> {
  const header = parsedOf(candidate)?.header;
  const { digest, source } = candidate;
  if (header === undefined) return { kind: 'unknown', digest, source };
  const { type, id, version } = header;
  const names: Pick<ShelfEvent, 'kind' | 'id' | 'version' | 'digest' | 'source'> = {
    kind: type,
    id,
    version,
    digest,
    source,
  };
  return names;
}

/**
 * `version 3 of catalogue acme-tools (tools.json)`.
 *
 * @param to of which it is told, by default itself: whoever handed that in need not know where the files of others lie
 */
export function describe<Content>(candidate: Candidate<Content>, to: Candidate<Content> = candidate): string {
  const header = parsedOf(candidate)?.header;
  const source = printable(candidate.source, 4096);
  if (header === undefined) return source;
  const place = maySee(to.source, candidate.source) ? ` (${source})` : '';
  return `version ${header.version} of ${header.type} ${printable(header.id, 128)}${place}`;
}

/** True where what is told of one source may name the other. */
export function maySee(source: string, other: string): boolean {
  return !source.startsWith(SUBMITTED_PREFIX) || other.startsWith(SUBMITTED_PREFIX);
}
