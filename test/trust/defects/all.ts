import { CERTIFICATE_DEFECTS } from './certificate.ts';
import type { Defect } from './defect.ts';
import { FORM_DEFECTS } from './form.ts';
import { LOG_DEFECTS } from './log.ts';
import { OPERATOR_DEFECTS } from './operators.ts';
import { PART_DEFECTS } from './parts.ts';
import { PROOF_DEFECTS } from './proof.ts';
import { SCT_DEFECTS } from './sct.ts';
import { SIGNATURE_DEFECTS } from './signature.ts';
import { LEGACY_DEFECTS, STATEMENT_DEFECTS } from './statement.ts';
import { TIME_DEFECTS } from './time.ts';

export const DEFECTS: readonly Defect[] = [
  ...FORM_DEFECTS,
  ...PART_DEFECTS,
  ...LEGACY_DEFECTS,
  ...STATEMENT_DEFECTS,
  ...CERTIFICATE_DEFECTS,
  ...SCT_DEFECTS,
  ...LOG_DEFECTS,
  ...PROOF_DEFECTS,
  ...TIME_DEFECTS,
  ...SIGNATURE_DEFECTS,
  ...OPERATOR_DEFECTS,
];
