import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RefusalError } from "../../core/errors/errors.ts";
import { runTool, type SetupPlace } from "./setup_tools.ts";

/** Of npm: the headers of Node's C API, by which Bun and Deno load addons, too. */
const HEADERS = "node-api-headers@1.9.0";

/**
 * Compiles the addon of a TF.js package against a libtensorflow, once. Its set of attribute names is shared by all
 * threads and written without a lock: each thread gets one of its own. Nothing else differs from the package's sources.
 * @param library The folder with tensorflow/.
 * @param home The package's folder.
 * @returns The addon's file.
 * @throws {RefusalError} If the sources are others, or the compiler fails.
 */
export async function compileAddon(
  { tools }: SetupPlace,
  { library, home, version }: { readonly library: string; readonly home: string; readonly version: string },
): Promise<string> {
  const addon = join(library, nameAddon(version));
  if (existsSync(addon)) return addon;
  const work = await mkdtemp(join(tmpdir(), "firn-setup-"));
  try {
    await runTool(tools.npm, ["pack", "--silent", HEADERS], work);
    const [archive = ""] = (await readdir(work)).filter((name) => name.endsWith(".tgz"));
    await runTool("tar", ["xzf", archive], work);
    await cp(join(home, "binding"), join(work, "binding"), { recursive: true });
    await isolateAttributeNames(join(work, "binding", "tfjs_backend.cc"));
    const sources = (await readdir(join(work, "binding"))).filter((name) => name.endsWith(".cc"));
    const libraries = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
    await runTool(
      tools.cxx,
      [
        ...["-std=c++17", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-w", "-DNAPI_VERSION=8"],
        ...["package/include", join(library, "tensorflow", "include"), "."].map((folder) => `-I${folder}`),
        ...sources.map((name) => join("binding", name)),
        ...["-o", "tfjs_binding.node", "-Wl,-rpath,$ORIGIN/../../deps/tensorflow"],
        ...libraries.map((name) => join(library, "tensorflow", name)),
      ],
      work,
    );
    await cp(join(work, "tfjs_binding.node"), `${addon}.partial`);
    await rename(`${addon}.partial`, addon);
    return addon;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What the addon of a version of TF.js is called beside its library. */
export function nameAddon(version: string): string {
  return `tfjs_binding-${version}.node`;
}

async function isolateAttributeNames(path: string): Promise<void> {
  const source = await readFile(path, "utf8");
  const shared = "static std::set<std::string> ATTR_NAME_SET;";
  if (!source.includes(shared)) throw new RefusalError(`${path} is not the source that setup knows`);
  await writeFile(path, source.replace(shared, shared.replace("static", "static thread_local")));
}
