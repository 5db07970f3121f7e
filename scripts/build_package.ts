/**
 * What `npm pack` does first: compiles src and workers to JavaScript and declarations in dist, and copies the files
 * that they read. A clone needs nothing of it.
 */
import { spawnSync } from "node:child_process";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";

await rm("dist", { recursive: true, force: true });
const { status } = spawnSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0) throw new Error(`tsc ended with status ${status}`);
await cp("proto", "dist/proto", { recursive: true });
for (const path of await readdir("dist", { recursive: true })) {
  if (path.endsWith(".d.ts")) await pointToJavaScript(`dist/${path}`);
}

/** The compiler leaves ".ts" in what declarations import. */
async function pointToJavaScript(path: string): Promise<void> {
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace(/(\bfrom |\bimport\()"(\.[^"]*)\.ts"/g, '$1"$2.js"'));
}
