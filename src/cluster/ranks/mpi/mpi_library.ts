import process from "node:process";
import { elementAt } from "../../../core/element_at.ts";
import type { ForeignFunction, ForeignInterface, ForeignType } from "../../../core/foreign/foreign_interface.ts";
import { openForeignInterface } from "../../../core/foreign/open_foreign_interface.ts";
import { detectFlavour, type MpiFlavour } from "./mpi_flavour.ts";

/** RTLD_NOW | RTLD_GLOBAL: the parts that Open MPI loads by itself look for its symbols among those of the process. */
const NOW_AND_GLOBAL = 0x102;
/** Room for any error text and version. */
const TEXT_BYTES = 8192;

/** What is called of MPI; "handle" is of the flavour's type. All of these give an error code, 0 for none. */
const FUNCTIONS = {
  MPI_Init_thread: ["word", "word", "int32", "word"],
  MPI_Initialized: ["word"],
  MPI_Finalize: [],
  MPI_Comm_rank: ["handle", "word"],
  MPI_Comm_size: ["handle", "word"],
  MPI_Comm_set_errhandler: ["handle", "handle"],
  MPI_Get_library_version: ["word", "word"],
  MPI_Error_string: ["int32", "word", "word"],
  MPI_Ialltoallv: ["word", "word", "word", "handle", "word", "word", "word", "handle", "handle", "word"],
  MPI_Iallgatherv: ["word", "int32", "handle", "word", "word", "word", "handle", "handle", "word"],
  MPI_Test: ["word", "word", "word"],
  MPI_Comm_get_attr: ["handle", "int32", "word", "word"],
  MPI_Comm_group: ["handle", "word"],
  MPI_Group_translate_ranks: ["handle", "int32", "word", "handle", "word"],
} as const satisfies Signatures;

/** What goes on after a rank was lost, User-Level Fault Mitigation: Open MPI has it from version 5 on. */
const ULFM_FUNCTIONS = {
  MPIX_Comm_revoke: ["handle"],
  MPIX_Comm_shrink: ["handle", "word"],
  MPIX_Comm_iagree: ["handle", "word", "word"],
} as const satisfies Signatures;

/** The name of a function of MPI that is called. */
export type MpiFunction = keyof typeof FUNCTIONS | keyof typeof ULFM_FUNCTIONS;

type Signatures = Record<string, readonly (ForeignType | "handle")[]>;

/** A library of MPI that was loaded into this process. */
export class MpiLibrary {
  readonly file: string;
  readonly flavour: MpiFlavour;
  readonly #foreign: ForeignInterface;
  readonly #functions: ReadonlyMap<string, ForeignFunction>;

  private constructor(
    file: string,
    flavour: MpiFlavour,
    { foreign, functions }: { foreign: ForeignInterface; functions: ReadonlyMap<string, ForeignFunction> },
  ) {
    this.file = file;
    this.flavour = flavour;
    this.#foreign = foreign;
    this.#functions = functions;
  }

  /**
   * Loads a library. MPI itself is not begun.
   * @param file A path, or a name that the system's loader finds.
   * @throws {Error} If it cannot be loaded, or lacks a function.
   */
  static async open(file: string): Promise<MpiLibrary> {
    const foreign = await openForeignInterface();
    const load = foreign.open(LIBC, "dlopen", { takes: ["word", "int32"], gives: "word" });
    const find = foreign.open(LIBC, "dlsym", { takes: ["word", "word"], gives: "word" });
    const callWithText = (text: string, call: (address: number) => number) => {
      const bytes = new TextEncoder().encode(`${text}\0`);
      const result = call(foreign.addressOf(bytes));
      // The bytes must be there until C has read them.
      return bytes.length > 0 ? result : 0;
    };
    const handle = callWithText(file, (path) => load(path, NOW_AND_GLOBAL));
    if (handle === 0) throw new Error(`${file} cannot be loaded`);
    const findSymbol = (symbol: string) => callWithText(symbol, (name) => find(handle, name));
    const flavour = detectFlavour(file, findSymbol);
    const functions = new Map<string, ForeignFunction>();
    for (const [name, types] of Object.entries({ ...FUNCTIONS, ...ULFM_FUNCTIONS })) {
      const address = findSymbol(name);
      if (address === 0 && name in ULFM_FUNCTIONS) continue;
      if (address === 0) throw new Error(`${file} has no function ${name}`);
      const takes = types.map((type) => (type === "handle" ? flavour.handle : type));
      functions.set(name, foreign.bind({ address, takes, gives: "int32" }));
    }
    return new MpiLibrary(file, flavour, { foreign, functions });
  }

  /** Calls a function. @throws {Error} With MPI's own words, if it gives an error. */
  call(name: MpiFunction, ...values: number[]): void {
    const code = this.tryCall(name, ...values);
    if (code !== 0) throw new Error(`${name} failed: ${this.describeError(code)}`);
  }

  /** Calls a function. Returns its error code, 0 for none. */
  tryCall(name: MpiFunction, ...values: number[]): number {
    return this.#functions.get(name)?.(...values) ?? -1;
  }

  /** Whether the library can go on after a rank was lost; it does so only if its launcher was told. */
  get hasUlfm(): boolean {
    return this.flavour.name === "Open MPI" && Object.keys(ULFM_FUNCTIONS).every((name) => this.#functions.has(name));
  }

  /** The whole number of 32 bits at an address. */
  readInt32(address: number): number {
    const copy = this.#foreign.open(LIBC, "memcpy", { takes: ["word", "word", "word"], gives: "word" });
    const word = new Int32Array(new ArrayBuffer(4));
    copy(this.addressOf(word), address, word.byteLength);
    return elementAt(word, 0);
  }

  /** Where a view lies. The view must be kept until C is through with it. */
  addressOf(view: ArrayBufferView): number {
    // An empty array may have no place at all.
    return view.byteLength === 0 ? 0 : this.#foreign.addressOf(view);
  }

  /** "Open MPI v4.1.4" */
  get version(): string {
    const text = this.#readText((buffer, length) => this.call("MPI_Get_library_version", buffer, length));
    const [first = ""] = text.split(/[\n,]/);
    return first.replace(/ Version:\s*/, " ").trim();
  }

  /** MPI's own words for an error code. */
  describeError(code: number): string {
    const describe = this.#functions.get("MPI_Error_string");
    return this.#readText((buffer, length) => void describe?.(code, buffer, length)) || `error ${code}`;
  }

  #readText(write: (buffer: number, length: number) => void): string {
    const [bytes, length] = [new Uint8Array(new ArrayBuffer(TEXT_BYTES)), new Int32Array(new ArrayBuffer(4))];
    write(this.addressOf(bytes), this.addressOf(length));
    return new TextDecoder().decode(bytes.subarray(0, length[0])).replace(/\0.*$/s, "");
  }
}

const LIBC = process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6";
