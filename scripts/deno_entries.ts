import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** How many folders of a path share one module: "test", and the folder of src that is tested. */
const SHARED_DEPTH = 2;

/**
 * Writes a module for each folder directly in `test` that registers all tests below it, and gives the modules' paths:
 * Deno loads every module anew for each file that it is given, which takes it longer than most files' tests.
 * @param tests Paths of test files below the working directory.
 * @param folder Where the modules are written.
 */
export async function writeDenoEntries(tests: readonly string[], folder: string): Promise<string[]> {
  const shim = pathToFileURL("test/support/bun_test_for_deno.ts").href;
  const folderOf = (path: string) => dirname(path).split("/").slice(0, SHARED_DEPTH).join("/");
  const folders = [...new Set(tests.map(folderOf))].sort();
  await mkdir(folder, { recursive: true });
  return Promise.all(
    folders.map(async (name) => {
      const files = tests.filter((path) => folderOf(path) === name).sort();
      const lines = files.map(
        (path) =>
          `await registerFile(${JSON.stringify(path)}, () => import(${JSON.stringify(pathToFileURL(path).href)}));`,
      );
      const entry = join(folder, nameDenoEntry(name));
      await writeFile(entry, [`import { registerFile } from ${JSON.stringify(shim)};`, ...lines, ""].join("\n"));
      return entry;
    }),
  );
}

/** The name of the module with the tests of a folder, "test/core" say. */
export function nameDenoEntry(folder: string): string {
  return `${folder.replaceAll("/", "_")}_test.ts`;
}
