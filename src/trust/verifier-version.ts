import library from '@sigstore/verify/package.json' with { type: 'json' };
import { VERSION } from '../version.ts';

/** Of the code that verifies, ours and Sigstore's: a verdict of another version is none. */
export const VERIFIER_VERSION = `exequatur ${VERSION}, @sigstore/verify ${library.version}`;
