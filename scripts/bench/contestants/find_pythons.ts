import { runCommand } from "../../../src/cli/doctor/run_command.ts";
import { RefusalError } from "../../../src/core/errors/errors.ts";

/** A Python interpreter with the libraries that it has. */
export interface PythonPeer {
  readonly path: string;
  /** Versions; undefined where it has not the library. */
  readonly torch: string | undefined;
  readonly avalanche: string | undefined;
  /** Of servers, beside onnxruntime. */
  readonly fastapi: string | undefined;
  readonly mlserver: string | undefined;
}

/** Where an interpreter may be, unless --python says it. */
const USUAL_PATHS = ["python3", "/usr/bin/python3"] as const;

/** Versions from the packages' records: importing them would take many seconds. */
const PROBE = `
import importlib.metadata, json, sys
def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
names = {"torch": "torch", "avalanche": "avalanche-lib"}
if version("onnxruntime"):
    names |= {"fastapi": "fastapi", "mlserver": "mlserver"}
print(json.dumps({"prefix": sys.prefix} | {name: version(package) for name, package in names.items()}))
`;

/**
 * Finds the interpreters that have PyTorch, or a server for ONNX files.
 * @param wanted Paths to look at in place of the usual ones; each must have one of them.
 * @throws {Error} If one of the wanted has none, or none was wanted and none of the usual ones has.
 */
export async function findPythons(wanted: readonly string[]): Promise<PythonPeer[]> {
  const found: PythonPeer[] = [];
  const prefixes = new Set<string>();
  const paths = wanted.length > 0 ? wanted : USUAL_PATHS;
  for (const path of paths) {
    const { succeeded, stdout, complaint } = await runCommand(path, ["-c", PROBE]);
    const { prefix, ...versions } = parseProbe(succeeded ? stdout : "");
    const isPeer = [versions.torch, versions.fastapi, versions.mlserver].some((version) => version !== undefined);
    if (isPeer && !prefixes.has(prefix)) found.push({ path, ...versions });
    else if (!isPeer && wanted.length > 0) {
      const lack = "this Python has no PyTorch, and no FastAPI or MLServer beside onnxruntime";
      throw new RefusalError(`--python ${path}: ${succeeded ? lack : complaint}`);
    }
    prefixes.add(prefix);
  }
  if (found.length > 0) return found;
  const install = "apt-get install python3-torch libopenblas0-pthread, or --python PATH";
  throw new RefusalError(`--peers requires a Python that has PyTorch (${install}); ${paths.join(", ")} have none`);
}

/** What the probe printed; no version where it printed nothing of the kind. */
export function parseProbe(text: string): Omit<PythonPeer, "path"> & { readonly prefix: string } {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = {};
  }
  const read = (name: string): string | undefined => {
    if (typeof answer !== "object" || answer === null) return undefined;
    const value: unknown = Reflect.get(answer, name);
    return typeof value === "string" ? value : undefined;
  };
  const [torch, avalanche] = [read("torch"), read("avalanche")];
  return { prefix: read("prefix") ?? "", torch, avalanche, fastapi: read("fastapi"), mlserver: read("mlserver") };
}
