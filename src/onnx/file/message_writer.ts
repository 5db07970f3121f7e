// Without the parser of schemas, which costs a thread 25 ms: proto/onnx.proto is read where files are.
import protobuf from "protobufjs/minimal.js";
import { joinBytes } from "../../core/join_bytes.ts";

/** Protocol Buffers' wire types: of what is one number, of what begins with its length, and of four bytes. */
const [VARINT, LENGTH_DELIMITED, FIXED32] = [0, 2, 5];
/** Longer bytes are not copied. */
const LEAST_PIECE_BYTES = 256;

/**
 * Writes one message of Protocol Buffers, field by field, in the order of the calls: protobufjs's `Writer`, but for
 * long bytes, which stay where they are. Numbers of 0, empty texts and empty lists are left out, as readers take them
 * for granted, unless the call says that the field is present.
 */
export class MessageWriter {
  readonly #pieces: Uint8Array[] = [];
  /** What comes behind the pieces. */
  #writer = protobuf.Writer.create();

  /** A whole number: int32, int64 or an enumeration. */
  integer(field: number, value: number): this {
    return value === 0 ? this : this.presentInteger(field, value);
  }

  /** The same, 0 too. */
  presentInteger(field: number, value: number): this {
    this.#startField(field, VARINT).int64(value);
    return this;
  }

  /** A float32, 0 too. */
  presentFloat(field: number, value: number): this {
    this.#startField(field, FIXED32).float(value);
    return this;
  }

  /** Whole numbers, packed. */
  integers(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const writer = this.#startField(field, LENGTH_DELIMITED).fork();
    for (const value of values) writer.int64(value);
    writer.ldelim();
    return this;
  }

  /** float32 numbers, packed. */
  floats(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const writer = this.#startField(field, LENGTH_DELIMITED).fork();
    for (const value of values) writer.float(value);
    writer.ldelim();
    return this;
  }

  text(field: number, value: string): this {
    return value === "" ? this : this.presentText(field, value);
  }

  /** The same, an empty text too. */
  presentText(field: number, value: string): this {
    this.#startField(field, LENGTH_DELIMITED).string(value);
    return this;
  }

  /** A list of texts, empty texts too. */
  texts(field: number, values: readonly string[]): this {
    for (const value of values) this.presentText(field, value);
    return this;
  }

  /** Bytes, none too; they are borrowed until the pieces have been read, and many of them are a piece. */
  presentBytes(field: number, value: Uint8Array): this {
    return this.#addPieces(field, [value]);
  }

  /** Another message. */
  message(field: number, message: MessageWriter): this {
    return this.#addPieces(field, message.listPieces());
  }

  messages(field: number, messages: readonly MessageWriter[]): this {
    for (const message of messages) this.message(field, message);
    return this;
  }

  /** The message in pieces that follow each other. */
  listPieces(): readonly Uint8Array[] {
    this.#closePiece();
    return this.#pieces;
  }

  #startField(field: number, wireType: number): protobuf.Writer {
    return this.#writer.uint32(field * 8 + wireType);
  }

  #addPieces(field: number, pieces: readonly Uint8Array[]): this {
    const writer = this.#startField(field, LENGTH_DELIMITED);
    const length = measurePieces(pieces);
    if (length < LEAST_PIECE_BYTES) {
      writer.bytes(joinBytes(pieces));
      return this;
    }
    writer.uint32(length);
    this.#closePiece();
    for (const piece of pieces) this.#pieces.push(piece);
    return this;
  }

  #closePiece(): void {
    if (this.#writer.len > 0) this.#pieces.push(this.#writer.finish());
    this.#writer = protobuf.Writer.create();
  }
}

/** The bytes of all pieces together. */
export function measurePieces(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
