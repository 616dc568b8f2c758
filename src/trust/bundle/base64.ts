/**
 * The bytes of standard, padded base64 (RFC 4648, section 4) in its only canonical form, or undefined: no line breaks, no URL alphabet, no
 * stray bits at the end, so that no two texts stand for the same bytes.
 */
export function fromCanonicalBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
