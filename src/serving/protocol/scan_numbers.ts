/** Numbers of a list in JSON, read from its bytes. */
export interface ScannedNumbers {
  /** One after another, as float32. Memory of its own. */
  readonly values: Float32Array<ArrayBuffer>;
  /** How deep lists stand within the list: 0 where it holds numbers alone. */
  readonly depth: number;
  /** Where the list ends: behind its last bracket. */
  readonly end: number;
}

const [SPACE, TAB, LINE, RETURN] = [32, 9, 10, 13];
const [COMMA, MINUS, PLUS, POINT, ZERO, NINE, LIST, LIST_END] = [44, 45, 43, 46, 48, 57, 91, 93];
/** "e" and "E", which differ in one bit. */
const EXPONENT = 101;
const LOWER = 32;

/** Larger whole numbers are not all doubles, and larger powers of ten neither. */
const MAX_EXACT = 2 ** 53;
const MAX_EXACT_POWER = 22;
/** As many digits are added up, before the point and behind it; of more a parser makes the number. */
const MAX_WHOLE = 19;
const MAX_DIGITS = 32;
const POWERS = Float64Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => Number(`1e${exponent}`));
/** More than what the sum of digits and the division may be off, relative to the result. */
const MARGIN = 2 ** -48;

const decoder = new TextDecoder();

/** Memory that numbers are read into. Of a list that is very long it is not kept. */
let scratch = new Float32Array(1024);
const MAX_KEPT = 2 ** 20;

/**
 * Reads a list of numbers, or lists of them within each other, in half the time of a JSON parser or less: nothing but
 * float32 values comes of it. They are those of `Math.fround(Number(text))`.
 * @param start Where the list begins: its first bracket.
 * @param maxDepth Lists may stand as deep within it.
 * @returns Undefined where it holds something else, or is no JSON: a parser says what is wrong with it.
 */
export function scanNumbers(
  bytes: Uint8Array,
  { start, maxDepth }: { readonly start: number; readonly maxDepth: number },
): ScannedNumbers | undefined {
  if (bytes[start] !== LIST) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let values = scratch;
  let count = 0;
  let level = 0;
  let deepest = 0;
  let at = skipSpace(bytes, start + 1);
  for (;;) {
    for (; bytes[at] === LIST; at = skipSpace(bytes, at + 1)) level += 1;
    // Numbers beside lists are no tensor.
    if (level > maxDepth || (level > deepest && count > 0)) return undefined;
    if (level > deepest) deepest = level;

    // A number is read in this function: a call for each of them would take a third of the time.
    const first = at;
    if (bytes[at] === MINUS) at += 1;
    const whole = at;
    let mantissa = 0;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      mantissa = mantissa * 10 + digit;
      at += 1;
    }
    if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return undefined;
    let isNear = at - whole <= MAX_WHOLE;
    let digits = 0;
    if (bytes[at] === POINT) {
      at += 1;
      const point = at;
      for (let four = readFour(view, at); four >= 0; four = readFour(view, at)) {
        mantissa = mantissa * 10_000 + four;
        at += 4;
      }
      for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
        mantissa = mantissa * 10 + digit;
        at += 1;
      }
      digits = at - point;
      if (digits === 0) return undefined;
      isNear &&= digits <= MAX_DIGITS;
    }
    if (((bytes[at] ?? 0) | LOWER) === EXPONENT) {
      at = skipExponent(bytes, at);
      if (at < 0) return undefined;
      isNear = false;
    }
    let value = mantissa / (POWERS[digits] ?? 1);
    const isExact = mantissa <= MAX_EXACT && digits <= MAX_EXACT_POWER;
    if (!isNear || !(isExact || isFarFromHalves(value))) value = Number(decoder.decode(bytes.subarray(first, at)));
    else if (whole > first) value = -value;
    if (count === values.length) values = growScratch(values);
    values[count] = value;
    count += 1;

    if ((bytes[at] ?? 0) <= SPACE) at = skipSpace(bytes, at);
    for (; bytes[at] === LIST_END; at = skipSpace(bytes, at + 1)) {
      if (level === 0) return { values: values.slice(0, count), depth: deepest, end: at + 1 };
      level -= 1;
    }
    if (bytes[at] !== COMMA) return undefined;
    at += 1;
    if ((bytes[at] ?? 0) <= SPACE) at = skipSpace(bytes, at);
    // Behind a list comes another, behind a number a number.
    if (level < deepest && bytes[at] !== LIST) return undefined;
  }
}

const FOUR_ZEROS = 0x30303030;
const FOUR_SIXES = 0x06060606;
const HIGH_BITS = 0xf0f0f0f0;

/** Four digits as a number; -1 where there are less. */
function readFour(view: DataView, at: number): number {
  if (at + 4 > view.byteLength) return -1;
  const four = view.getUint32(at, true) ^ FOUR_ZEROS;
  // Each byte is from 0 to 9: neither it nor itself and six has a bit above the fourth.
  if (((four | (four + FOUR_SIXES)) & HIGH_BITS) !== 0) return -1;
  const pairs = Math.imul(four, 10) + (four >>> 8);
  return (pairs & 255) * 100 + ((pairs >>> 16) & 255);
}

/**
 * Whether all doubles near to a value are the same float32: the double may be another one by a little, which matters
 * where it lies halfway between two float32 alone.
 */
function isFarFromHalves(value: number): boolean {
  return Math.fround(value * (1 - MARGIN)) === Math.fround(value * (1 + MARGIN));
}

/** Where the white space of JSON ends that begins here. */
export function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at] ?? 0;
    if (byte > SPACE || (byte !== SPACE && byte !== LINE && byte !== TAB && byte !== RETURN)) return at;
    at += 1;
  }
}

/** Where an exponent ends; -1 where it has no digits. */
function skipExponent(bytes: Uint8Array, start: number): number {
  const sign = bytes[start + 1];
  const first = sign === PLUS || sign === MINUS ? start + 2 : start + 1;
  let at = first;
  while ((bytes[at] ?? 0) >= ZERO && (bytes[at] ?? 0) <= NINE) at += 1;
  return at > first ? at : -1;
}

function growScratch(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(values.length * 2);
  larger.set(values);
  if (larger.length <= MAX_KEPT) scratch = larger;
  return larger;
}
