import { runCommand } from "../../../src/cli/doctor/run_command.ts";
import { RefusalError } from "../../../src/core/errors/errors.ts";

/** A Python interpreter with the libraries that it has. */
export interface PythonPeer {
  readonly path: string;
  /** The version of PyTorch. */
  readonly torch: string;
  /** The version of Avalanche; undefined where there is none. */
  readonly avalanche: string | undefined;
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
print(json.dumps({"prefix": sys.prefix, "torch": version("torch"), "avalanche": version("avalanche-lib")}))
`;

/**
 * Finds the interpreters that have PyTorch.
 * @param wanted Paths to look at in place of the usual ones; each must have it.
 * @throws {Error} If one of the wanted has it not, or none was wanted and none of the usual ones has.
 */
export async function findPythons(wanted: readonly string[]): Promise<PythonPeer[]> {
  const found: PythonPeer[] = [];
  const prefixes = new Set<string>();
  const paths = wanted.length > 0 ? wanted : USUAL_PATHS;
  for (const path of paths) {
    const { succeeded, stdout, complaint } = await runCommand(path, ["-c", PROBE]);
    const { prefix, torch, avalanche } = parseProbe(succeeded ? stdout : "");
    if (torch !== undefined && !prefixes.has(prefix)) found.push({ path, torch, avalanche });
    else if (torch === undefined && wanted.length > 0) {
      throw new RefusalError(`--python ${path}: ${succeeded ? "this Python has no PyTorch" : complaint}`);
    }
    prefixes.add(prefix);
  }
  if (found.length > 0) return found;
  const install = "apt-get install python3-torch libopenblas0-pthread, or --python PATH";
  throw new RefusalError(`--peers requires a Python that has PyTorch (${install}); ${paths.join(", ")} have none`);
}

/** What the probe printed; no version where it printed nothing of the kind. */
export function parseProbe(text: string): { prefix: string; torch: string | undefined; avalanche: string | undefined } {
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
  return { prefix: read("prefix") ?? "", torch: read("torch"), avalanche: read("avalanche") };
}
