import process from "node:process";

/** Opens a function of a library that takes an address and a number. */
export type LoaderOpener = (library: string, symbol: string) => (text: ArrayBufferView, flags: number) => boolean;

interface Loader {
  readonly library: string;
  readonly symbol: string;
  /** RTLD_NOW of dlopen. Ignored by Windows, where the caller cleans up what it passed. */
  readonly flags: number;
  readonly encode: (path: string) => ArrayBufferView;
}

const encodeBytes = (path: string) => new TextEncoder().encode(`${path}\0`);
const encodeWords = (path: string) => Uint16Array.from(`${path}\0`, (letter) => letter.charCodeAt(0));

/** What loads libraries on each platform. */
const LOADERS: Readonly<Record<string, Loader>> = {
  linux: { library: "libc.so.6", symbol: "dlopen", flags: 2, encode: encodeBytes },
  darwin: { library: "libSystem.B.dylib", symbol: "dlopen", flags: 2, encode: encodeBytes },
  win32: { library: "kernel32.dll", symbol: "LoadLibraryW", flags: 0, encode: encodeWords },
};

/**
 * Keeps a library in the process for good. Deno unloads what a Worker has opened when that Worker ends, which may be
 * while the process ends: onnxruntime does not bear that ("corrupted double-linked list", status 139).
 * @throws {Error} If it cannot be kept.
 */
export function pinLibrary(path: string, open: LoaderOpener): void {
  const loader = LOADERS[process.platform];
  if (!loader) throw new Error(`no way is known to keep a library on ${process.platform}`);
  const isKept = open(loader.library, loader.symbol)(loader.encode(path), loader.flags);
  if (!isKept) throw new Error(`${loader.symbol} does not load ${path}`);
}
