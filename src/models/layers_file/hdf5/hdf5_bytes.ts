import { SyntaxRefusal } from "../../../core/errors/errors.ts";

/** An address that means none. */
const UNDEFINED = 0xffffffffffffffffn;

/** The bytes of an HDF5 file, read by address; all numbers are little-endian. */
export class Hdf5Bytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** What messages begin with: the file. */
  readonly subject: string;

  constructor(bytes: Uint8Array, subject: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.subject = subject;
  }

  /** @throws {SyntaxRefusal} If `length` bytes from there are not all in the file. */
  assertInside(at: number, length: number): void {
    if (at + length > this.bytes.length) throw this.damaged(`nothing lies at byte ${at}`);
  }

  /** A number of one byte. */
  byte(at: number): number {
    this.assertInside(at, 1);
    return this.view.getUint8(at);
  }

  /** A number of two bytes. */
  short(at: number): number {
    this.assertInside(at, 2);
    return this.view.getUint16(at, true);
  }

  /** A number of four bytes. */
  word(at: number): number {
    this.assertInside(at, 4);
    return this.view.getUint32(at, true);
  }

  /** A number of eight bytes; those above 2⁵³ lose digits, and lie behind the end of any file. */
  long(at: number): number {
    this.assertInside(at, 8);
    return Number(this.view.getBigUint64(at, true));
  }

  /** An address, if it is one. */
  address(at: number): number | undefined {
    this.assertInside(at, 8);
    return this.view.getBigUint64(at, true) === UNDEFINED ? undefined : this.long(at);
  }

  /** Whether four letters stand there. */
  hasMark(at: number, mark: string): boolean {
    this.assertInside(at, 4);
    return String.fromCharCode(...this.bytes.subarray(at, at + 4)) === mark;
  }

  damaged(reason: string): SyntaxRefusal {
    return new SyntaxRefusal(`${this.subject}: damaged HDF5 file, ${reason}`);
  }
}
