import { ProtocolError } from "./protocol_error.ts";

/** Lists and objects within each other: the envelope, and tensors of up to 8 axes. */
const MAX_DEPTH = 12;
/** With fewer brackets than this nothing is nested deeper than it should be, or it does no harm. */
const FEW_BRACKETS = 64;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses JSON that a stranger sent. Brackets within brackets are counted first: a parser, or what walks over its
 * result, may run out of stack, and a list within lists takes fifty times its bytes.
 * @throws {ProtocolError} 400 if it is no JSON, or nested too deep.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  if (hasManyBrackets(text) && measureDepth(text) > MAX_DEPTH) {
    throw new ProtocolError(400, `the JSON must be nested at most ${MAX_DEPTH} deep`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ProtocolError(400, text === "" ? "the body must be JSON, got nothing" : "the body is not JSON");
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ProtocolError(400, "the body is not JSON: it is not UTF-8");
  }
}

function hasManyBrackets(text: string): boolean {
  return countUpTo(text, "[", FEW_BRACKETS) + countUpTo(text, "{", FEW_BRACKETS) >= FEW_BRACKETS;
}

function countUpTo(text: string, character: string, limit: number): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0 && count < limit; at = text.indexOf(character, at + 1)) count += 1;
  return count;
}

const [QUOTE, BACKSLASH, LIST, LIST_END, OBJECT, OBJECT_END] = [34, 92, 91, 93, 123, 125];

/** How deep brackets stand within each other, outside of strings. Stops where it is too deep. */
function measureDepth(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = findStringEnd(text, i);
    else if (code === LIST || code === OBJECT) depth += 1;
    else if (code === LIST_END || code === OBJECT_END) depth -= 1;
    if (depth > MAX_DEPTH) return depth;
  }
  return 0;
}

function findStringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i += 1;
    else if (code === QUOTE) return i;
  }
  return text.length;
}
