import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describeCause } from "../../../core/errors/errors.ts";
import { NotInstalledError } from "../../../core/errors/not_installed_error.ts";
import { RUNTIME_FILES } from "./web_folder.ts";

/** onnxruntime for browsers, as it is installed. */
export interface WebRuntime {
  readonly version: string;
  /** Paths by the names of RUNTIME_FILES. */
  readonly files: ReadonlyMap<string, string>;
}

const NAME = "onnxruntime-web";

/**
 * Finds onnxruntime-web, whose version must be that of onnxruntime-node but for the last number: that is what the
 * files were checked with.
 * @param resolve Finds a package's file by its specifier.
 * @throws {NotInstalledError} If it is not installed, or another version is.
 */
export async function findWebRuntime(
  resolve: (specifier: string) => string = createRequire(import.meta.url).resolve,
): Promise<WebRuntime> {
  const wanted = await readVersion(resolve("onnxruntime-node/package.json"));
  const install = `npm install ${NAME}@${wanted}`;
  const refuse = (cause: unknown) => {
    const problem = `export --web requires the package ${NAME} (${describeCause(cause).split("\n")[0]})`;
    return new NotInstalledError({ problem, install, cause });
  };
  let [folder, version] = ["", ""];
  try {
    folder = dirname(resolve(`${NAME}/ort-wasm-simd-threaded.wasm`));
    version = await readVersion(join(folder, "..", "package.json"));
  } catch (cause) {
    throw refuse(cause);
  }
  if (familyOf(version) !== familyOf(wanted)) {
    const problem = `export --web requires ${NAME} ${familyOf(wanted)}, as onnxruntime-node is, got ${version}`;
    throw new NotInstalledError({ problem, install });
  }
  return { version, files: new Map(RUNTIME_FILES.map((name) => [name, join(folder, name)])) };
}

async function readVersion(path: string): Promise<string> {
  return String(JSON.parse(await readFile(path, "utf8")).version);
}

/** "1.30" of "1.30.2" */
function familyOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}
