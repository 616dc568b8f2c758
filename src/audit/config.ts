import { z } from 'zod';
import { isMaskPointer, namesRecordMember } from './mask.ts';
import { ORIGIN_FORM } from './meta.ts';

const MIB = 1024 * 1024;

/** The configuration's `audit`: where records go and what bounds them. */
export const auditConfig = z
  .strictObject({
    /** The log's folder, for this process alone; created with mode 0700. Relative to the folder of the configuration file. */
    folder: z.string().min(1).default('./data/audit'),
    /**
     * The log's name among all logs, of the form of a C2SP checkpoint's origin: a URL without a scheme. Default
     * `exequatur/INSTANCE`, or what the folder's log is called already. A log keeps its name for life.
     */
    origin: z.string().max(200).regex(ORIGIN_FORM, 'must be printable ASCII without blanks and plus signs').optional(),
    segment: z
      .strictObject({
        /** Bytes after which a new segment is begun. A start after a crash copies the last segment: larger ones start more slowly. */
        max_bytes: z
          .int()
          .min(MIB)
          .max(1024 * MIB)
          .default(64 * MIB),
        /** Seconds after which the next record begins a new segment. */
        max_age_seconds: z.int().min(60).max(31_536_000).default(86_400),
      })
      .prefault({}),
    /** Records that wait for the disk; beyond either bound a decision is refused. */
    queue: z
      .strictObject({
        max_records: z.int().min(1).max(1_000_000).default(16_384),
        max_bytes: z
          .int()
          .min(8 * MIB)
          .max(1024 * MIB)
          .default(64 * MIB),
      })
      .prefault({}),
    low_space: z
      .strictObject({
        /** Free bytes below which the service warns. */
        free_bytes: z
          .int()
          .min(0)
          .default(1024 * MIB),
        /** Seconds between looks at the free space; it is looked at as well after every 64 MiB written. */
        interval_seconds: z.int().min(1).max(3600).default(30),
      })
      .prefault({}),
    /** Seconds between attempts to write again after the log has failed. */
    retry_seconds: z.int().min(1).max(600).default(3),
    /**
     * JSON pointers into a record's payload (`context`, and `action`, `resource`, `subject` with their `properties`); a token `*`
     * stands for any member or element. What they name is replaced in the payload before that is written.
     *
     * A mask does not reach the record: the ids, types and names of subject, resource and action, `context.session`,
     * `context.call` and `context.plan.hash` stand there (pointers to them are refused), as does what a policy says in its
     * reasons, such as an emergency's `context.ticket`. And `binding_hash` in the record is a digest over the request as it was
     * sent, without a salt: it confirms a guess of a masked value to whoever knows everything else in the request.
     */
    mask: z
      .array(
        z
          .string()
          .max(1000)
          .refine(isMaskPointer, 'must be a JSON pointer below the root, e.g. /action/properties/arguments/password')
          .refine((pointer) => !namesRecordMember(pointer), {
            error: ({ input }) =>
              `cannot be masked: what ${input} names stands in the record, which no mask reaches; have callers send a pseudonym there, and leave it out`,
          }),
      )
      .max(1000)
      .default([]),
  })
  .prefault({});

/** The configuration's `audit`, with its defaults filled in. */
export type AuditConfig = z.infer<typeof auditConfig>;
