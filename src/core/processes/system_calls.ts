import process from "node:process";
import { describeCause, RefusalError } from "../errors/errors.ts";
import type { ForeignInterface } from "../foreign/foreign_interface.ts";
import { openForeignInterface } from "../foreign/open_foreign_interface.ts";

/** What processes that share memory ask of Linux. Addresses and sizes are in bytes. */
export interface SystemCalls {
  /** Makes a file of zeros in memory. It has no name: it is gone with the last process that has it open or mapped. */
  createFile(bytes: number): number;
  /** Opens a file that another process of this user has open, by its number there. */
  openFile(processId: number, file: number): number;
  closeFile(file: number): void;
  /** Lays a file over memory at a place that this process owns. */
  mapFile(file: number, place: { readonly address: number; readonly bytes: number }): void;
  /** Puts private memory in the place of a mapped file, with the same contents. */
  unmapFile(place: { readonly address: number; readonly bytes: number }): void;
  /** Blocks this thread while the word at an address is `value`, at most so long. May come back earlier. */
  wait(address: number, value: number, timeoutMs: number): void;
  /** Wakes all that wait for the word at an address, in every process. */
  wake(address: number): void;
  /** The number of the process that started this one; another number once that has ended. */
  readParentId(): number;
}

/** The number of the system call `futex`. */
const FUTEX_NUMBERS: Readonly<Record<string, number>> = { x64: 202, arm64: 98 };
const FutexOperation = { wait: 0, wake: 1 } as const;
const LIBRARY = "libc.so.6";
const READ_WRITE = 3;
const Mapping = { sharedFixed: 0x11, privateAnonymous: 0x22 } as const;
/** MREMAP_MAYMOVE and MREMAP_FIXED. */
const MOVE_TO_PLACE = 3;
const CLOSE_IN_CHILDREN = 1;
/** O_RDWR and O_CLOEXEC. */
const OPEN_READ_WRITE = 0x80002;
const MAX_WOKEN = 0x7fffffff;

/**
 * Opens them for this thread.
 * @throws {RefusalError} If the system is not Linux on x64 or arm64, or its C library cannot be called.
 */
export async function openSystemCalls(): Promise<SystemCalls> {
  const futexNumber = FUTEX_NUMBERS[process.arch];
  if (process.platform !== "linux" || futexNumber === undefined) {
    const system = `${process.platform} on ${process.arch}`;
    throw new RefusalError(`memory that processes share needs Linux on x64 or arm64, this is ${system}`);
  }
  try {
    return bindSystemCalls(await openForeignInterface(), futexNumber);
  } catch (cause) {
    throw new RefusalError(`the C library cannot be called: ${describeCause(cause)}`, { cause });
  }
}

function bindSystemCalls(foreign: ForeignInterface, futexNumber: number): SystemCalls {
  const word = "word" as const;
  const int32 = "int32" as const;
  const open = (symbol: string, takes: readonly ("word" | "int32")[], gives: "word" | "int32") =>
    foreign.open(LIBRARY, symbol, { takes, gives });
  const createMemory = open("memfd_create", [word, int32], int32);
  const setLength = open("ftruncate", [int32, word], int32);
  const openPath = open("open", [word, int32], int32);
  const close = open("close", [int32], int32);
  const map = open("mmap", [word, word, int32, int32, int32, word], word);
  const move = open("mremap", [word, word, word, int32, word], word);
  const copy = open("memcpy", [word, word, word], word);
  const call = open("syscall", [word, word, int32, int32, word, word, int32], int32);
  const readParentId = open("getppid", [], int32);
  const name = encodeText("firn");
  // Seconds and nanoseconds.
  const timeout = new BigInt64Array(2);
  const timeoutAddress = foreign.addressOf(timeout);
  return {
    createFile(bytes) {
      const file = assertGiven("memfd_create", createMemory(foreign.addressOf(name), CLOSE_IN_CHILDREN));
      assertGiven("ftruncate", setLength(file, bytes));
      return file;
    },
    openFile(processId, file) {
      const path = encodeText(`/proc/${processId}/fd/${file}`);
      return assertGiven("open", openPath(foreign.addressOf(path), OPEN_READ_WRITE));
    },
    closeFile: (file) => void close(file),
    mapFile(file, { address, bytes }) {
      assertPlaced(map(address, bytes, READ_WRITE, Mapping.sharedFixed, file, 0), address);
    },
    unmapFile({ address, bytes }) {
      const made = map(0, bytes, READ_WRITE, Mapping.privateAnonymous, -1, 0);
      if (made >= Number.MAX_SAFE_INTEGER) throw new Error("mmap has no memory left");
      copy(made, address, bytes);
      assertPlaced(move(made, bytes, bytes, MOVE_TO_PLACE, address), address);
    },
    wait(address, value, timeoutMs) {
      timeout[0] = BigInt(Math.floor(timeoutMs / 1000));
      timeout[1] = BigInt(Math.floor((timeoutMs % 1000) * 1e6));
      call(futexNumber, address, FutexOperation.wait, value, timeoutAddress, 0, 0);
    },
    wake: (address) => void call(futexNumber, address, FutexOperation.wake, MAX_WOKEN, 0, 0, 0),
    readParentId,
  };
}

function assertGiven(name: string, result: number): number {
  if (result < 0) throw new Error(`${name} gave ${result}`);
  return result;
}

function assertPlaced(place: number, wanted: number): void {
  if (place !== wanted) throw new Error("the system does not lay memory over memory (mmap with MAP_FIXED)");
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
