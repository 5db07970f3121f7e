/** A C function as JavaScript calls it: addresses and sizes are numbers, and so is the result; nothing is 0. */
export type ForeignFunction = (...values: number[]) => number;

/** What a C function takes: "word" is an address or a size of 64 bits. */
export type ForeignType = "word" | "int32";

/** How a C function is called. */
export interface ForeignSignature {
  readonly takes: readonly ForeignType[];
  /** "nothing" is C's void. */
  readonly gives: ForeignType | "nothing";
}

/** What Bun and Deno both offer for calling into native libraries. */
export interface ForeignInterface {
  /**
   * A function of a shared library, which stays loaded.
   * @param signature Default: it takes nothing and gives an address.
   * @throws {Error} If it is not there.
   */
  open(library: string, symbol: string, signature?: ForeignSignature): ForeignFunction;
  /** Makes a function callable that is known by its address. */
  bind(signature: ForeignSignature & { readonly address: number }): ForeignFunction;
  /** Where the memory of `view` lies, which stays there for as long as something in JavaScript refers to `view`. */
  addressOf(view: ArrayBufferView): number;
  /** The address that is stored `offset` bytes behind another. */
  readAddress(address: number, offset: number): number;
  /** The text at an address, up to its zero byte. */
  readText(address: number): string;
}

/** What takes nothing and gives an address. */
export const GIVES_ADDRESS: ForeignSignature = { takes: [], gives: "word" };

/**
 * The same memory as bytes. Small arrays lie in the collector's own memory until somebody asks for their buffer, and
 * move then: this asks.
 */
export function viewBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
