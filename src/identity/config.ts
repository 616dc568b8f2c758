import { z } from 'zod';

/** The configuration's `authentication`: how callers prove who they are. */
export const authenticationConfig = z
  .strictObject({
    /**
     * Takes the request's subject at its word, as issuer `asserted`. For demonstrations alone: whoever connects is whoever he says.
     * Refused unless decisions are served on loopback, and then only connections from loopback are taken. Default false.
     */
    dangerously_trust_asserted_subjects: z.boolean().default(false),
  })
  .prefault({});

export type AuthenticationConfig = z.infer<typeof authenticationConfig>;
