import { joinBytes } from "../../core/join_bytes.ts";
import { type ScannedNumbers, scanNumbers, skipSpace } from "./scan_numbers.ts";

const encoder = new TextEncoder();

/** A key of JSON that may have a list of numbers. */
const KEY = encoder.encode('"data"');

const [QUOTE, COLON, LIST] = [34, 58, 91];

/** JSON without its lists of numbers. */
export interface LiftedNumbers {
  /** The bytes with a short text in place of each list. */
  readonly json: Uint8Array;
  /** The lists by those texts; undefined where there are none. */
  readonly lists?: ReadonlyMap<string, ScannedNumbers>;
}

/**
 * Takes the lists of numbers out of a request's JSON that stand under "data": they are most of it, and are read faster
 * than by a JSON parser. What cannot be read so is left where it is.
 * @param maxDepth How deep lists may stand within a list.
 */
export function liftNumbers(bytes: Uint8Array, maxDepth: number): LiftedNumbers {
  const parts: Uint8Array[] = [];
  const lists = new Map<string, ScannedNumbers>();
  let copied = 0;
  // Within a text the second quote would have a backslash before it: what is found is a text of its own.
  for (let key = findKey(bytes, 0); key >= 0; key = findKey(bytes, Math.max(key + 1, copied))) {
    const colon = skipSpace(bytes, key + KEY.length);
    const start = bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : bytes.length;
    const numbers = bytes[start] === LIST ? scanNumbers(bytes, { start, maxDepth }) : undefined;
    if (!numbers) continue;
    // Who writes such a text himself gets his own list for it.
    const name = `\uffff${lists.size}`;
    lists.set(name, numbers);
    parts.push(bytes.subarray(copied, start), encoder.encode(`"${name}"`));
    copied = numbers.end;
  }
  if (lists.size === 0) return { json: bytes };
  return { json: joinBytes([...parts, bytes.subarray(copied)]), lists };
}

/** Where the key stands next; -1 where it does not. */
function findKey(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let length = 1;
    while (length < KEY.length && bytes[at + length] === KEY[length]) length += 1;
    if (length === KEY.length) return at;
  }
  return -1;
}
