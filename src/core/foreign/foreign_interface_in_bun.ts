import { type ForeignFunction, type ForeignInterface, viewBytes } from "./foreign_interface.ts";

/** The module is not named in the import itself, as Deno and compilers would look for it. */
const MODULE = "bun:ffi";

/** What is used of bun:ffi, with plain numbers for addresses. */
interface BunModule {
  dlopen(library: string, symbols: Record<string, BunSignature>): BunLibrary;
  linkSymbols(symbols: Record<string, BunSignature & { readonly ptr: number }>): BunLibrary;
  ptr(view: ArrayBufferView): number;
  readonly read: { ptr(address: number, offset: number): number };
  readonly CString: new (address: number) => { toString(): string };
}

interface BunSignature {
  readonly args: readonly string[];
  readonly returns: string;
}

interface BunLibrary {
  readonly symbols: Readonly<Record<string, ForeignFunction>>;
}

/** A number as long as it is below 2^53, as all addresses are. */
const TYPES = { word: "u64_fast", int32: "i32", nothing: "void" } as const;

/** Calls by bun:ffi, which compiles a stub for each function. @throws {Error} Where Bun has no compiler for them. */
export async function openInBun(): Promise<ForeignInterface> {
  const { dlopen, linkSymbols, ptr, read, CString }: BunModule = await import(MODULE);
  return {
    open(library, symbol) {
      const { symbols } = dlopen(library, { [symbol]: { args: [], returns: TYPES.word } });
      return findFunction(symbols, symbol);
    },
    bind({ address, takes, gives }) {
      const signature = { ptr: address, args: takes.map((type) => TYPES[type]), returns: TYPES[gives] };
      return findFunction(linkSymbols({ call: signature }).symbols, "call");
    },
    addressOf: (view) => ptr(viewBytes(view)),
    readAddress: (address, offset) => read.ptr(address, offset),
    readText: (address) => new CString(address).toString(),
  };
}

function findFunction(symbols: BunLibrary["symbols"], name: string): ForeignFunction {
  const found = symbols[name];
  if (!found) throw new Error(`bun:ffi gave no function ${name}`);
  return found;
}
