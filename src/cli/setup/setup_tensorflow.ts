import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { RefusalError } from "../../core/errors/errors.ts";
import { findBackend } from "../doctor/find_engines.ts";
import { compileAddon, nameAddon } from "./compile_addon.ts";
import { fetchWheels } from "./fetch_wheels.ts";
import { runStep, runTool, type SetupPlace } from "./setup_tools.ts";

/** What of TensorFlow is set up. */
export interface TensorflowSetup {
  /** True: the build that computes on NVIDIA's GPUs. */
  readonly gpu: boolean;
  /** With `gpu`: whether NVIDIA's libraries are fetched, too; false where the machine has its own. */
  readonly libraries: boolean;
  /** TensorFlow's version; 2.15 to 2.21 compile. */
  readonly tensorflow: string;
}

/** The version of TF.js whose addon this is. */
const TFJS = "4.22.0";

/** What of the wheel the addon is compiled with and runs with. */
const NEEDED = [
  "tensorflow/libtensorflow",
  "tensorflow/include/tensorflow/c/",
  "tensorflow/include/tensorflow/core/platform/",
  "tensorflow/include/tsl/",
  "tensorflow/include/xla/tsl/",
];

/**
 * Gives a project TF.js's native backend: the package from npm, libtensorflow from its Python wheel, the addon compiled
 * from the package's sources. What is there already is kept.
 * @returns What computes now, in the doctor's words.
 * @throws {RefusalError} If a step fails; what was there before still works.
 */
export async function setUpTensorflow(place: SetupPlace, setup: TensorflowSetup): Promise<string> {
  const name = setup.gpu ? "tfjs-node-gpu" : "tfjs-node";
  const home = join(place.project, "node_modules", "@tensorflow", name);
  if ((await readVersion(home)) !== TFJS) {
    await runStep(place, `@tensorflow/${name} ${TFJS} from npm`, () => installPackage(place, name, home));
  }
  const wheel = `${setup.gpu ? "tensorflow" : "tensorflow-cpu"}==${setup.tensorflow}`;
  let library = "";
  await runStep(place, `${wheel} (${setup.gpu ? 570 : 270} MB)`, async () => {
    library = await fetchWheels(place, { folder: wheel.replace("==", "-"), requirements: [wheel], prefixes: NEEDED });
  });
  if (setup.gpu && setup.libraries) {
    await runStep(place, "NVIDIA's libraries (about 3 GB)", () => addLibraries(place, library));
  }
  await runStep(place, "the addon", async () => {
    await layOut(home, { library, addon: await compileAddon(place, { library, home, version: TFJS }) });
  });
  const { isThere, detail } = await findBackend(setup.gpu ? "tensorflow-gpu" : "tensorflow");
  if (!isThere) throw new RefusalError(`@tensorflow/${name} is set up and does not compute: ${detail}`);
  return detail;
}

async function readVersion(home: string): Promise<string | undefined> {
  const path = join(home, "package.json");
  if (!existsSync(path)) return undefined;
  return z.object({ version: z.string() }).parse(JSON.parse(await readFile(path, "utf8"))).version;
}

/**
 * By npm, without the package's own install script, which downloads from a host of its own. "--save-prod" because npm,
 * told "--no-save" alone, removes a package that package.json names as an optional peer.
 */
async function installPackage({ tools, project }: SetupPlace, name: string, home: string): Promise<void> {
  // npm removes what "--no-save" brought before, so the other one is named again and laid out again.
  const other = name === "tfjs-node" ? "tfjs-node-gpu" : "tfjs-node";
  const otherHome = join(project, "node_modules", "@tensorflow", other);
  const library = await readlink(join(otherHome, "deps")).catch(() => undefined);
  const packages = [name, ...(existsSync(otherHome) ? [other] : [])].map((each) => `@tensorflow/${each}@${TFJS}`);
  const flags = ["--no-save", "--save-prod", "--ignore-scripts", "--no-audit", "--no-fund"];
  await runTool(tools.npm, ["install", ...flags, ...packages, `@tensorflow/tfjs@${TFJS}`], project);
  if (!existsSync(home)) throw new RefusalError(`npm ran, but ${home} is not there`);
  const addon = library && join(library, nameAddon(TFJS));
  if (addon && existsSync(addon)) await layOut(otherHome, { library, addon });
}

/** The wheel names those of its version; it looks for them in ../nvidia. */
async function addLibraries(place: SetupPlace, library: string): Promise<void> {
  const folder = (await readdir(library)).find((name) => name.endsWith(".dist-info")) ?? "";
  const metadata = await readFile(join(library, folder, "METADATA"), "utf8");
  const requirements = [...metadata.matchAll(/^Requires-Dist: ([^;\n]*);.*and-cuda/gm)].map(([, requirement = ""]) =>
    requirement.replace(/[\s()]/g, ""),
  );
  if (requirements.length === 0)
    throw new RefusalError("this TensorFlow names no libraries of NVIDIA's: --no-libraries");
  const fetched = await fetchWheels(place, { folder: `${library}-nvidia`, requirements, prefixes: [] });
  await rm(join(library, "nvidia"), { recursive: true, force: true });
  await symlink(join(fetched, "nvidia"), join(library, "nvidia"));
}

/** Where the package looks: its library by a link, its addon as a file that is there whole or not at all. */
async function layOut(
  home: string,
  { library, addon }: { readonly library: string; readonly addon: string },
): Promise<void> {
  await rm(join(home, "deps"), { recursive: true, force: true });
  await symlink(library, join(home, "deps"));
  const folder = join(home, "lib", "napi-v8");
  await mkdir(folder, { recursive: true });
  await cp(addon, join(folder, "tfjs_binding.node.new"));
  await rename(join(folder, "tfjs_binding.node.new"), join(folder, "tfjs_binding.node"));
}
