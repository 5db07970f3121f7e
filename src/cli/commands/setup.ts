import type { Command } from "commander";
import type { CliContext } from "../cli_context.ts";
import { refuse, refuseAsTyped } from "../cli_error.ts";

interface TensorflowOptions {
  readonly gpu: boolean;
  readonly libraries: boolean;
  readonly tensorflow: string;
  readonly cache?: string;
}

interface CudaOptions {
  readonly cudnn: boolean;
  readonly cache?: string;
}

const CACHE = "where downloads are kept (default: ~/.cache/firn)";

/** Adds the command that sets up native libraries which npm alone does not bring. */
export function addSetupCommand(program: Command, { stdout }: CliContext): void {
  const setup = program.command("setup").description("set up native libraries: setup tensorflow, setup cuda");
  setup
    .command("tensorflow")
    .description("TF.js on libtensorflow: package from npm, library from its Python wheel, addon compiled here")
    .option("--gpu", "the build for NVIDIA's GPUs", false)
    .option("--no-libraries", "with --gpu: without NVIDIA's libraries, where the machine has its own")
    .option("--tensorflow <version>", "version of TensorFlow", "2.21.0")
    .option("--cache <folder>", CACHE)
    .action(async ({ gpu, libraries, tensorflow, cache }: TensorflowOptions) => {
      const { findCache, findProject, findTools } = await import("../setup/setup_tools.ts");
      const { setUpTensorflow } = await import("../setup/setup_tensorflow.ts");
      const place = {
        tools: await refuse(findTools),
        project: findProject(),
        cache: cache ?? findCache(),
        say: (line: string) => void stdout.write(`${line}\n`),
      };
      stdout.write(`${await setUpTensorflow(place, { gpu, libraries, tensorflow })}\n`);
    });
  setup
    .command("cuda")
    .description("onnxruntime on NVIDIA's GPUs: its CUDA provider and NVIDIA's libraries, from their Python wheels")
    .option("--no-cudnn", "without cuDNN (580 MB): models with convolutions then fail on the GPU")
    .option("--cache <folder>", CACHE)
    .action(async ({ cudnn, cache }: CudaOptions) => {
      const { findCache, findProject, findTools } = await import("../setup/setup_tools.ts");
      const { assertCudaPlatform, setUpCuda } = await import("../setup/setup_cuda.ts");
      refuseAsTyped(() => assertCudaPlatform());
      const place = {
        tools: await refuse(() => findTools(["python"])),
        project: findProject(),
        cache: cache ?? findCache(),
        say: (line: string) => void stdout.write(`${line}\n`),
      };
      stdout.write(`${await setUpCuda(place, { cudnn })}\n`);
    });
}
