import { countElements } from "../../../core/host_tensor.ts";
import type { Hdf5Bytes } from "./hdf5_bytes.ts";
import { readShape } from "./object_header.ts";

/** An attribute of an object, where it holds texts. */
interface TextAttribute {
  readonly name: string;
  /** In their order. @throws {SyntaxRefusal} If they are damaged. */
  read(): string[];
}

/** The numbers of types that are read. */
const FIXED_TEXT = 3;
const VARIABLE_LENGTH = 9;

/**
 * The attribute whose message begins there; undefined where it holds something else than texts.
 * @throws {SyntaxRefusal} If it is damaged.
 */
export function readTextAttribute(file: Hdf5Bytes, at: number): TextAttribute | undefined {
  const version = file.byte(at);
  const pad = (length: number) => (version === 1 ? alignToEight(length) : length);
  const [nameSize, typeSize, spaceSize] = [file.short(at + 2), file.short(at + 4), file.short(at + 6)];
  // A type that stands elsewhere is none of texts.
  if (version > 3 || (version > 1 && (file.byte(at + 1) & 1) !== 0)) return undefined;
  const start = at + (version === 3 ? 9 : 8);
  const type = start + pad(nameSize);
  const space = type + pad(typeSize);
  const data = space + pad(spaceSize);
  const readOne = findReader(file, type);
  const count = countElements(readShape(file, space));
  // Where there are none, h5py knows no type of them.
  if (!readOne && count > 0) return undefined;
  return {
    name: readText(file, start, nameSize),
    read() {
      if (!readOne) return [];
      const size = file.word(type + 4);
      file.assertInside(data, count * size);
      return Array.from({ length: count }, (_, i) => readOne(data + i * size));
    },
  };
}

function findReader(file: Hdf5Bytes, type: number): ((at: number) => string) | undefined {
  const size = file.word(type + 4);
  switch (file.byte(type) & 0x0f) {
    case FIXED_TEXT:
      return (at) => readText(file, at, size);
    case VARIABLE_LENGTH:
      // 1 says that it is a text, and no list.
      if ((file.byte(type + 1) & 0x0f) !== 1) return undefined;
      return (at) => readFromHeap(file, { heap: file.long(at + 4), index: file.word(at + 12), length: file.word(at) });
    default:
      return undefined;
  }
}

/** A text in a heap that all of a file shares. */
function readFromHeap(
  file: Hdf5Bytes,
  { heap, index, length }: { readonly heap: number; readonly index: number; readonly length: number },
): string {
  if (length === 0) return "";
  if (!file.hasMark(heap, "GCOL")) throw file.damaged(`no heap of texts at byte ${heap}`);
  const end = heap + file.long(heap + 8);
  for (let at = heap + 16; at + 16 <= end; at += 16 + alignToEight(file.long(at + 8))) {
    if (file.short(at) === index) return readText(file, at + 16, length);
  }
  throw file.damaged(`no text ${index} in the heap at byte ${heap}`);
}

/** Up to the first byte of 0. */
function readText(file: Hdf5Bytes, at: number, size: number): string {
  file.assertInside(at, size);
  const bytes = file.bytes.subarray(at, at + size);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function alignToEight(length: number): number {
  return Math.ceil(length / 8) * 8;
}
