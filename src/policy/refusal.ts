import { CodedError } from '../errors.ts';
import { printable } from '../model/printable.ts';

/** One thing that is wrong with a folder of policies. */
export type PolicyProblem = {
  /** `policy.…`, or OPA's own code below `opa.`: `opa.rego_parse_error`. */
  readonly code: string;
  /** What is wrong and what to do. */
  readonly message: string;
  /** The file as its reader was asked for it, so that an editor opens it. */
  readonly file?: string;
  /** From 1. */
  readonly row?: number;
};

/** Policies that are refused, with every reason at once. Its code is the first problem's. */
export class PolicyRefusal extends CodedError {
  readonly problems: readonly [PolicyProblem, ...PolicyProblem[]];

  constructor(problems: readonly [PolicyProblem, ...PolicyProblem[]], options: { cause?: unknown } = {}) {
    const { code } = problems[0];
    super(code, problems.map(describeProblem).join('\n'), { ...options, detail: { problems: problems.length } });
    this.problems = problems;
  }
}

/** `policies/window/data.yaml:3: …`, one line or more. */
export function describeProblem({ file, row, message, code }: PolicyProblem): string {
  const place = file === undefined ? '' : `${printable(file, 4096)}${row === undefined ? '' : `:${row}`}: `;
  return `${place}${message} [${code}]`;
}

/** Throws where there is a problem. */
export function refuseAny(problems: readonly PolicyProblem[]): void {
  const [first, ...rest] = problems;
  if (first !== undefined) throw new PolicyRefusal([first, ...rest]);
}
