/** Bytes of a header: room for any number of rows, and a multiple of 64 as numpy aligns them. */
export const NPY_HEADER_BYTES = 256;

const encoder = new TextEncoder();

/** What a .npy file holds. */
export interface NpyForm {
  /** numpy's name of the type: "<f4". */
  readonly descr: string;
  readonly shape: readonly number[];
}

/**
 * The header of a .npy file, version 1.0, always of the same length: more rows can be added behind it. Format:
 * numpy.lib.format in numpy's documentation.
 * @throws {RangeError} If the shape has too many axes for it.
 */
export function encodeNpyHeader({ descr, shape }: NpyForm): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`;
  const length = NPY_HEADER_BYTES - 10;
  if (text.length >= length) throw new RangeError(`the shape has too many axes: [${shape.join(", ")}]`);
  const header = new Uint8Array(NPY_HEADER_BYTES);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  header.set(encoder.encode(`${text.padEnd(length - 1)}\n`), 10);
  return header;
}

/** A .npy file of labels [rows]: int64 where all of them are whole numbers, else text. */
export function encodeLabels(labels: readonly string[]): Uint8Array {
  const areNumbers = labels.every(isWholeNumber);
  const texts = labels.map((label) => Array.from(label, (character) => character.codePointAt(0) ?? 0));
  const width = Math.max(1, ...texts.map(({ length }) => length));
  const itemBytes = areNumbers ? 8 : width * 4;
  const bytes = new Uint8Array(NPY_HEADER_BYTES + labels.length * itemBytes);
  bytes.set(encodeNpyHeader({ descr: areNumbers ? "<i8" : `<U${width}`, shape: [labels.length] }));
  const view = new DataView(bytes.buffer, NPY_HEADER_BYTES);
  for (const [row, codes] of texts.entries()) {
    if (areNumbers) view.setBigInt64(row * 8, BigInt(labels[row] ?? 0), true);
    else for (const [i, code] of codes.entries()) view.setUint32(row * itemBytes + i * 4, code, true);
  }
  return bytes;
}

/** Whether a label is a whole number as it is written by default: "7", not "007". */
export function isWholeNumber(label: string): boolean {
  return /^(?:0|-?[1-9]\d{0,14})$/.test(label);
}
