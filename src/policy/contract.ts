/** The rule that answers for a whole policy, as OPA names it on its command line: `data.exequatur.decision`. */
export const ENTRYPOINT = 'exequatur/decision';

/** A control's name, which is its file's, its package's last part and its key in every record: at most 64 characters. */
export const CONTROL_NAME = /^[a-z][a-z0-9_]{0,63}$/;
