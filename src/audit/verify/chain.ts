import type { Sha256Digest } from '../../model/digest.ts';
import type { IntactLine } from '../check-line.ts';
import type { Segment } from '../segments.ts';
import type { VerifyProblem } from './problem.ts';

/** What the next line must be. */
export type Expected = {
  readonly index: number;
  /** Undefined where it cannot be told, after damage and at the begin of what is here. */
  readonly previous: Sha256Digest | null | undefined;
  /** False after damage, which may have swallowed a line feed and so a line. */
  readonly exact: boolean;
};

/** Whether a line stands where its record says, and what is wrong if not. `begun` is the segment whose first line it is. */
export function follows(
  line: IntactLine,
  begun: Segment | undefined,
  expected: Expected | undefined,
): Pick<VerifyProblem, 'code' | 'message'> | undefined {
  const { index, previous } = line;
  if (begun !== undefined && index !== begun.first) {
    return {
      code: 'audit.index_mismatch',
      message: `the segment is named after record ${begun.first} and begins with ${index}`,
    };
  }
  if (expected !== undefined && (expected.exact ? index !== expected.index : index < expected.index)) {
    return { code: 'audit.index_mismatch', message: `record ${expected.index} is expected here, and this is ${index}` };
  }
  // The begin of the log is told by null alone; the begin of what is left of it, by anything else.
  const before = expected === undefined && index === 0 ? null : expected?.previous;
  if ((before !== undefined && previous !== before) || (index > 0 && previous === null)) {
    return {
      code: 'audit.previous_mismatch',
      message: 'the record names another one as the one before it: that one was changed, exchanged or removed',
    };
  }
  return undefined;
}
