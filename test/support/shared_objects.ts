import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

/** Whether shared objects can be made here; the tests that need them are skipped elsewhere. */
export const canCompile =
  process.platform === "linux" && spawnSync("g++", ["--version"], { stdio: "ignore" }).status === 0;

/**
 * Compiles a shared object of one function.
 * @param needs The library that it names and calls, by its file's name; it lies in the same folder now.
 */
export async function makeSharedObject(
  folder: string,
  name: string,
  { needs }: { readonly needs?: string } = {},
): Promise<void> {
  const source = join(folder, "source.cc");
  const own = `extern "C" int f_${name.replace(/\W/g, "_")}()`;
  const call = needs === undefined ? "1" : `f_${needs.replace(/\W/g, "_")}()`;
  const declared = needs === undefined ? "" : `extern "C" int ${call};\n`;
  await writeFile(source, `${declared}${own} { return ${call}; }\n`);
  const linked = needs === undefined ? [] : [`-L${folder}`, `-l:${needs}`];
  const flags = ["-shared", "-fPIC", `-Wl,-soname,${name}`, "-o", join(folder, name), source, ...linked];
  const { status, stderr } = spawnSync("g++", flags, { encoding: "utf8" });
  if (status !== 0) throw new Error(`g++ failed: ${stderr}`);
}
