import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { runTool, type SetupPlace } from "./setup_tools.ts";

/** Parts of wheels that a folder gets. */
export interface WheelContents {
  /** In the cache; what is there already is kept. */
  readonly folder: string;
  /** "tensorflow-cpu==2.21.0" */
  readonly requirements: readonly string[];
  /** What the paths of the wanted files begin with; all where there is none. */
  readonly prefixes: readonly string[];
}

/** glibc versions that wheels are made for, newest first. */
const GLIBC = ["2_28", "2_27", "2_26", "2_25", "2_24", "2_17", "2_12", "2_5"];

/** Takes files out of all wheels of a folder, by Python, which every one of them is made for. */
const EXTRACT = `
import glob, sys, zipfile
target, prefixes = sys.argv[1], tuple(sys.argv[3:])
for path in glob.glob(sys.argv[2] + "/*.whl"):
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            if not prefixes or name.startswith(prefixes) or name.endswith(("METADATA", "LICENSE", "License.txt", "NOTICES.txt", "Notices.txt")):
                wheel.extract(name, target)
`;

/**
 * Fetches wheels and takes files out of them, whole or not at all.
 * @returns The folder with what was taken out.
 * @throws {RefusalError} If a wheel cannot be had.
 */
export async function fetchWheels({ tools, cache }: SetupPlace, contents: WheelContents): Promise<string> {
  const folder = join(cache, contents.folder);
  if (existsSync(join(folder, ".complete"))) return folder;
  const partial = `${folder}.partial`;
  const wheels = join(partial, ".wheels");
  await rm(partial, { recursive: true, force: true });
  await mkdir(wheels, { recursive: true });
  const machine = arch() === "arm64" ? "aarch64" : "x86_64";
  const platforms = [...GLIBC.map((version) => `manylinux_${version}`), "manylinux2014", "manylinux2010", "manylinux1"];
  await runTool(
    tools.python,
    [
      ...["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"],
      ...["--python-version", "3.11", "--implementation", "cp"],
      ...platforms.flatMap((platform) => ["--platform", `${platform}_${machine}`]),
      ...["--dest", wheels, ...contents.requirements],
    ],
    partial,
  );
  await runTool(tools.python, ["-c", EXTRACT, partial, wheels, ...contents.prefixes], partial);
  await rm(wheels, { recursive: true });
  await writeFile(join(partial, ".complete"), "");
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  return folder;
}
