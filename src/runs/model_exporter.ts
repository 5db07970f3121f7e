import { VERSION } from "../core/version.ts";
import { Dataset } from "../data/dataset.ts";
import { readSamples } from "../data/read_samples.ts";
import { checkExport } from "../onnx/check_export.ts";
import { exportModel } from "../onnx/export_model.ts";
import { parseTopology } from "../onnx/parse_topology.ts";
import type { Benchmark, Experience } from "../streams/experience.ts";
import type { BaseStrategy } from "../training/base_strategy.ts";
import type { RunDirectory } from "./run_directory.ts";
import type { ExperienceSummary } from "./run_summary.ts";

/** Samples on which an exported file must agree with the engine. */
const CHECKED_SAMPLES = 64;

/** What an exported file says of itself. */
export interface ExportLabels {
  /** "ewc:lambda=0.4", say. */
  readonly strategy: string;
  readonly benchmark: string;
}

/**
 * Writes the model as an ONNX file after each experience, checked by onnxruntime on held samples of the test stream.
 */
export class ModelExporter {
  readonly #benchmark: Benchmark;
  readonly #directory: RunDirectory;
  readonly #labels: ExportLabels;
  readonly #samples: Dataset;

  constructor(benchmark: Benchmark, directory: RunDirectory, labels: ExportLabels) {
    this.#benchmark = benchmark;
    this.#directory = directory;
    this.#labels = labels;
    this.#samples = spreadSamples(benchmark, CHECKED_SAMPLES);
  }

  /**
   * Exports the strategy's model as it stands, under the experience's number and as the latest.
   * @throws {UnsupportedLayerError} If a layer has no converter.
   * @throws {Error} If onnxruntime's outputs are not the engine's; no file is left behind then.
   */
  async export(
    strategy: BaseStrategy,
    experience: Experience,
    accuracy: Pick<ExperienceSummary, "testAccuracy" | "streamAccuracy">,
  ): Promise<NonNullable<ExperienceSummary["onnx"]>> {
    const { cluster } = strategy;
    const bytes = exportModel({
      spec: parseTopology(cluster.model.topology),
      parameters: cluster.parameters,
      state: cluster.state,
      metadata: {
        "firn.experience": String(experience.currentExperience),
        "firn.classes_seen": JSON.stringify(experience.classesSeenSoFar),
        "firn.strategy": this.#labels.strategy,
        "firn.benchmark": this.#labels.benchmark,
        "firn.normalization": JSON.stringify(this.#benchmark.normalization),
        "firn.metrics": JSON.stringify(accuracy),
        "firn.version": VERSION,
      },
    });
    const { data: expected } = await cluster.forward({ samples: this.#samples, training: false, dropoutStep: 0 });
    const x = { ...readSamples(this.#samples), taskLabels: this.#samples.targetsTaskLabels };
    const { maxAbsoluteDifference } = await checkExport(bytes, { x, expected });
    const path = this.#directory.exportPath(experience.currentExperience);
    await this.#directory.writeFile(path, bytes);
    await this.#directory.writeFile(this.#directory.latestExportPath, bytes);
    return { path, maxAbsoluteDifference };
  }
}

/** At most `count` samples, evenly spread over the whole test stream. */
function spreadSamples({ testStream }: Benchmark, count: number): Dataset {
  const all = Dataset.concat([...testStream].map(({ dataset }) => dataset));
  const chosen = Math.min(count, all.length);
  return all.subset(Int32Array.from({ length: chosen }, (_, i) => Math.floor((i * all.length) / chosen)));
}
