/** DER (X.690) written by hand: the laboratory must be able to write what no library would. */

const length = (bytes: number): Buffer => {
  if (bytes < 0x80) return Buffer.of(bytes);
  const hex = bytes.toString(16);
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.of(0x80 | octets.length), octets]);
};

export const tagged = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), length(body.length), body]);
};

export const sequence = (...members: readonly Uint8Array[]): Buffer => tagged(0x30, ...members);

/** SET OF: members in ascending order of their encodings, as DER asks. */
export const setOf = (...members: readonly Uint8Array[]): Buffer =>
  tagged(0x31, ...members.map((member) => Buffer.from(member)).sort(Buffer.compare));

/** Context-specific and constructed. */
export const explicit = (number: number, ...members: readonly Uint8Array[]): Buffer =>
  tagged(0xa0 | number, ...members);

/** Context-specific and primitive. */
export const implicit = (number: number, content: Uint8Array): Buffer => tagged(0x80 | number, content);

export const octets = (content: Uint8Array): Buffer => tagged(0x04, content);
export const bitString = (content: Uint8Array, unused = 0): Buffer => tagged(0x03, Buffer.of(unused), content);
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.of(value ? 0xff : 0));
export const utf8 = (text: string | Uint8Array): Buffer => tagged(0x0c, Buffer.from(text));
export const printable = (text: string): Buffer => tagged(0x13, Buffer.from(text, 'ascii'));
export const none = (): Buffer => tagged(0x05);

/** A non-negative INTEGER from its big-endian bytes or its value. */
export const integer = (value: number | Uint8Array): Buffer => {
  const raw =
    typeof value === 'number'
      ? Buffer.from(
          value.toString(16).padStart(value.toString(16).length + (value.toString(16).length % 2), '0'),
          'hex',
        )
      : Buffer.from(value);
  let start = 0;
  while (start < raw.length - 1 && raw[start] === 0) start += 1;
  const trimmed = raw.subarray(start);
  return tagged(0x02, (trimmed[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), trimmed]) : trimmed);
};

export const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arc = (value: number): number[] => {
    const bytes = [value % 128];
    for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128))
      bytes.unshift((left % 128) | 0x80);
    return bytes;
  };
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(arc)));
};

const digits = (time: Date): string =>
  time
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.\d+Z$/, 'Z');

/** UTCTIME below 2050, GENERALIZEDTIME from then on (RFC 5280, 4.1.2.5). */
export const certificateTime = (time: Date): Buffer =>
  time.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits(time).slice(2))) : generalizedTime(time);

/** To the whole second. */
export const generalizedTime = (time: Date): Buffer => tagged(0x18, Buffer.from(digits(time)));

/** A distinguished name of O and CN. */
export const distinguishedName = (organization: string, commonName: string): Buffer =>
  sequence(
    tagged(0x31, sequence(oid('2.5.4.10'), utf8(organization))),
    tagged(0x31, sequence(oid('2.5.4.3'), utf8(commonName))),
  );

export const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${(
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n')}\n-----END ${label}-----\n`;
