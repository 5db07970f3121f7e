import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import { type NpyHeader, parseNpyStart } from "./npy_reader.ts";

/** numpy's types of text: "U" with 4 bytes a character, "S" with 1. */
const TEXT_TYPE = /^[<>|=]([US])(\d{1,6})$/;

/** A header of text with its size; undefined where the values are no text. */
export function parseNpyTextHeader(bytes: Uint8Array, subject: string): NpyHeader | undefined {
  const header = parseNpyStart(bytes, subject);
  const itemBytes = findItemBytes(header.descr);
  return itemBytes === undefined
    ? undefined
    : { ...header, fileBytes: header.start + countElements(header.shape) * itemBytes };
}

/**
 * The texts [rows] in a .npy file, as `numpy.save` writes arrays of names; undefined where the values are no text.
 * @throws {SyntaxRefusal} If the file is truncated or too long, has another shape, or holds what is no text.
 */
export function parseNpyTexts(bytes: Uint8Array, subject: string): readonly string[] | undefined {
  const header = parseNpyTextHeader(bytes, subject);
  if (!header) return undefined;
  const { descr, shape, start, fileBytes } = header;
  const [rows = 0] = shape;
  if (shape.length !== 1) throw new SyntaxRefusal(`${subject}: text must have the shape [rows], got [${shape}]`);
  if (bytes.length !== fileBytes) {
    const needs = `shape [${rows}] of ${descr} needs ${fileBytes - start} bytes of data`;
    throw new SyntaxRefusal(`${subject}: ${needs}, got ${bytes.length - start}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, fileBytes - start);
  const itemBytes = findItemBytes(descr) ?? 0;
  const isWide = descr[1] === "U";
  return Array.from({ length: rows }, (_, row) => {
    const codes = [];
    for (let at = row * itemBytes; at < (row + 1) * itemBytes; at += isWide ? 4 : 1) {
      codes.push(isWide ? view.getUint32(at, !descr.startsWith(">")) : view.getUint8(at));
    }
    const end = codes.findLastIndex((code) => code !== 0) + 1;
    const astray = codes.find((code) => code > 0x10ffff || (!isWide && code > 127));
    if (astray === undefined) return String.fromCodePoint(...codes.slice(0, end));
    throw new SyntaxRefusal(`${subject}, row ${row}: the text has a character of the number ${astray}`);
  });
}

function findItemBytes(descr: string): number | undefined {
  const [, type, length] = TEXT_TYPE.exec(descr) ?? [];
  return type === undefined ? undefined : Number(length) * (type === "U" ? 4 : 1);
}
