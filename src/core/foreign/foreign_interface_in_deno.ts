import { type ForeignInterface, type ForeignSignature, GIVES_ADDRESS, viewBytes } from "./foreign_interface.ts";
import { type LoaderOpener, pinLibrary } from "./pin_in_deno.ts";

/** What is used of Deno's foreign function interface. A pointer of null is an object of null. */
interface DenoNamespace {
  dlopen(library: string, symbols: Record<string, DenoSignature>): DenoLibrary;
  readonly UnsafeFnPointer: new (
    pointer: object | null,
    signature: DenoSignature,
  ) => { call(...values: number[]): DenoResult };
  readonly UnsafePointer: {
    create(address: bigint): object | null;
    of(view: ArrayBufferView): object | null;
    value(pointer: object | null): bigint;
  };
  readonly UnsafePointerView: {
    new (pointer: object | null): { getBigUint64(offset: number): bigint };
    getCString(pointer: object | null): string;
  };
}

interface DenoSignature {
  readonly parameters: readonly string[];
  readonly result: string;
}

interface DenoLibrary {
  readonly symbols: Readonly<Record<string, ((...values: (number | ArrayBufferView)[]) => DenoResult) | undefined>>;
}

/** Of 64 bits, of 32, or nothing. */
type DenoResult = bigint | number | undefined;

/** Not a literal type: what is used is described above, for compilers with and without Deno's own description. */
const NAMESPACE: string = "Deno";

const TYPES = { word: "usize", int32: "i32", nothing: "void" } as const;

/** Calls by Deno.dlopen, which the permission --allow-ffi allows. */
export function openInDeno(): ForeignInterface {
  const deno: DenoNamespace = Reflect.get(globalThis, NAMESPACE);
  const { UnsafeFnPointer, UnsafePointer, UnsafePointerView } = deno;
  const openLoader: LoaderOpener = (library, symbol) => {
    const { symbols } = deno.dlopen(library, { [symbol]: { parameters: ["buffer", "i32"], result: TYPES.word } });
    return (text, flags) => Boolean(symbols[symbol]?.(text, flags));
  };
  const pointTo = (address: number) => UnsafePointer.create(BigInt(address));
  return {
    open(library, symbol, signature = GIVES_ADDRESS) {
      pinLibrary(library, openLoader);
      const { symbols } = deno.dlopen(library, { [symbol]: describe(signature) });
      return (...values) => Number(symbols[symbol]?.(...values) ?? 0);
    },
    bind({ address, ...signature }) {
      const pointer = new UnsafeFnPointer(pointTo(address), describe(signature));
      return (...values) => Number(pointer.call(...values) ?? 0);
    },
    addressOf: (view) => Number(UnsafePointer.value(UnsafePointer.of(viewBytes(view)))),
    readAddress: (address, offset) => Number(new UnsafePointerView(pointTo(address)).getBigUint64(offset)),
    readText: (address) => UnsafePointerView.getCString(pointTo(address)),
  };
}

function describe({ takes, gives }: ForeignSignature): DenoSignature {
  return { parameters: takes.map((type) => TYPES[type]), result: TYPES[gives] };
}
