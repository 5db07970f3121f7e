import { existsSync } from "node:fs";
import { join } from "node:path";
import { onnxModel } from "../../src/models/onnx_model.ts";
import { simpleCNN } from "../../src/models/simple_cnn.ts";
import { simpleMLP } from "../../src/models/simple_mlp.ts";
import { slimResNet18 } from "../../src/models/slim_resnet18.ts";
import type { Workload } from "../bench/suites/workloads.ts";
import type { Candidate } from "./gpu_report.ts";

/** How much is measured. */
export interface CheckSizes {
  readonly steps: number;
  readonly repetitions: number;
  /** Of small models. */
  readonly batchSize: number;
  /** Of networks from files, by their names. */
  readonly networkRows: Readonly<Record<"ResNet-18" | "ViT-B", number>>;
  /** Length of a side of the images of those. */
  readonly imageSize: number;
}

/** What a run on a GPU takes, in minutes; and what tests the check itself, in seconds. */
export const SIZES: Readonly<Record<"full" | "quick", CheckSizes>> = {
  full: { steps: 20, repetitions: 5, batchSize: 128, networkRows: { "ResNet-18": 64, "ViT-B": 32 }, imageSize: 224 },
  quick: { steps: 1, repetitions: 1, batchSize: 8, networkRows: { "ResNet-18": 2, "ViT-B": 2 }, imageSize: 32 },
};

/** A model with made data for it: Gaussian clusters, one a class, in any shape. */
export interface CheckModel extends Pick<Workload, "name" | "createModel" | "batchSize"> {
  readonly sampleShape: readonly number[];
  /** True where one step on the processor takes many seconds: few rows are compared there, and none are timed. */
  readonly isLarge: boolean;
}

/** Networks that scripts/peers/gpu_torch.py writes, by their names. */
const FILES = { "ResNet-18": "resnet18.onnx", "ViT-B": "vit-b.onnx" } as const;

/** Every model that a candidate is measured with, and its minibatch. */
export function listRows(sizes: CheckSizes): readonly (readonly [name: string, batchSize: number])[] {
  const small = ["SimpleMLP", "SimpleCNN", "SlimResNet18"].map((name) => [name, sizes.batchSize] as const);
  return [...small, ...Object.entries(sizes.networkRows)];
}

/**
 * The models that a candidate computes; those from files where they are in `networks`, and with onnxruntime alone.
 */
export function listModels(
  { engine }: Candidate,
  { batchSize, networkRows, imageSize }: CheckSizes,
  networks: string,
): readonly CheckModel[] {
  const small = { batchSize, isLarge: false };
  const models: CheckModel[] = [
    { ...small, name: "SimpleMLP", sampleShape: [28, 28, 1], createModel: () => simpleMLP() },
    { ...small, name: "SimpleCNN", sampleShape: [32, 32, 3], createModel: () => simpleCNN() },
    { ...small, name: "SlimResNet18", sampleShape: [32, 32, 3], createModel: () => slimResNet18() },
  ];
  if (networks === "" || engine !== "onnxruntime") return models;
  const inputShape = [imageSize, imageSize, 3];
  for (const name of ["ResNet-18", "ViT-B"] as const) {
    const path = join(networks, FILES[name]);
    if (!existsSync(path)) continue;
    const createModel = () => onnxModel({ path, trainable: ["all"], inputShape, numClasses: 10 });
    models.push({ name, sampleShape: inputShape, batchSize: networkRows[name], isLarge: true, createModel });
  }
  return models;
}
