import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";

/** What the library is called on each platform: the file that the addon loads, so that a process has it once. */
const FILES: Readonly<Record<string, string>> = {
  linux: "libonnxruntime.so.1",
  darwin: "libonnxruntime.1.dylib",
  win32: "onnxruntime.dll",
};

/** A platform by Node.js's names. */
export interface Platform {
  readonly platform: string;
  readonly arch: string;
}

/**
 * Where onnxruntime-node keeps onnxruntime's library for a platform, by default this one.
 * @throws {Error} If the package is not there, or has no library for it.
 */
export function findLibrary({ platform, arch }: Platform = process): string {
  const file = FILES[platform];
  if (file === undefined) throw new Error(`onnxruntime-node has no library for ${platform}`);
  const manifest = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");
  const path = join(dirname(manifest), "bin", "napi-v6", platform, arch, file);
  if (!existsSync(path)) throw new Error(`onnxruntime-node has no library for ${platform} on ${arch}`);
  return path;
}
