import type { BundleCheck } from './bundle-check.ts';
import { CERTIFICATE_CHECKS } from './certificate-checks.ts';
import { CONTENT_CHECKS } from './content-checks.ts';
import { LOG_CHECKS } from './log-checks.ts';
import { THRESHOLD_CHECKS } from './threshold-checks.ts';
import { TIME_CHECKS } from './time-checks.ts';

/** All that is asked of a bundle beyond what the library asks, in this order. None is optional. */
export const BUNDLE_CHECKS: readonly BundleCheck[] = [
  ...CONTENT_CHECKS,
  ...CERTIFICATE_CHECKS,
  ...LOG_CHECKS,
  ...TIME_CHECKS,
  ...THRESHOLD_CHECKS,
];
