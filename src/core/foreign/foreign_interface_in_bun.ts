import {
  type ForeignFunction,
  type ForeignInterface,
  type ForeignSignature,
  GIVES_ADDRESS,
  viewBytes,
} from "./foreign_interface.ts";

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
    open(library, symbol, signature = GIVES_ADDRESS) {
      const { symbols } = dlopen(library, { [symbol]: describe(signature) });
      return findFunction(symbols, symbol);
    },
    bind({ address, ...signature }) {
      return findFunction(linkSymbols({ call: { ptr: address, ...describe(signature) } }).symbols, "call");
    },
    addressOf: (view) => ptr(viewBytes(view)),
    readAddress: (address, offset) => read.ptr(address, offset),
    readText: (address) => new CString(address).toString(),
  };
}

function describe({ takes, gives }: ForeignSignature): BunSignature {
  return { args: takes.map((type) => TYPES[type]), returns: TYPES[gives] };
}

function findFunction(symbols: BunLibrary["symbols"], name: string): ForeignFunction {
  const found = symbols[name];
  if (!found) throw new Error(`bun:ffi gave no function ${name}`);
  return found;
}
