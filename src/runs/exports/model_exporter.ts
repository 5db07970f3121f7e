import { basename, dirname } from "node:path";
import { assertOptions } from "../../core/options/assert_options.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { convertExport } from "../../onnx/conversion/convert_export.ts";
import type { Benchmark, Experience } from "../../streams/experience.ts";
import { findOriginNumber } from "../../streams/lineage.ts";
import { isOnlineExperience } from "../../streams/online_experience.ts";
import { listNames } from "../../streams/stream.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { RunDirectory } from "../run_directory.ts";
import { formatConvertedPath, nameDataFile } from "../run_files.ts";
import type { ExperienceSummary } from "../run_summary.ts";
import { takeCalibrationSamples } from "./calibration_samples.ts";
import { CALIBRATION_SAMPLES, EXPORT_FORM_SCHEMA, type ExportForm, toConversion } from "./export_form.ts";
import { exportStrategy } from "./export_strategy.ts";

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
  readonly #maxFileBytes: number | undefined;
  readonly #keepAdapters: boolean;
  readonly #form: ExportForm | undefined;

  /**
   * @param options `maxFileBytes`, by default 2 GiB: the tensors of a larger file stand in another, "….onnx.data".
   * `keepAdapters`: whether low-rank adapters stay nodes of the files. `form`: how each model is written once more,
   * into the folder "export".
   */
  constructor(
    benchmark: Benchmark,
    directory: RunDirectory,
    options: {
      readonly labels: ExportLabels;
      readonly maxFileBytes?: number | undefined;
      readonly keepAdapters?: boolean | undefined;
      readonly form?: ExportForm | undefined;
    },
  ) {
    const { labels, maxFileBytes, keepAdapters = false, form } = options;
    if (form) assertOptions("exportForm", form, EXPORT_FORM_SCHEMA);
    this.#form = form;
    this.#benchmark = benchmark;
    this.#directory = directory;
    this.#labels = labels;
    this.#maxFileBytes = maxFileBytes;
    this.#keepAdapters = keepAdapters;
  }

  /**
   * Exports the strategy's model as it stands, under the experience's number and as the latest.
   * @throws {UnsupportedLayerError} If a layer has no converter.
   * @throws {Error} If onnxruntime's outputs are not the strategy's; no file is left behind then.
   */
  async export(
    strategy: BaseStrategy,
    experience: Experience,
    accuracy: Pick<ExperienceSummary, "testAccuracy" | "streamAccuracy">,
  ): Promise<NonNullable<ExperienceSummary["onnx"]>> {
    const { kind } = experience.dataset.targetForm;
    const path = this.#directory.exportPath(experience.currentExperience);
    const { bytes, data, maxAbsoluteDifference } = await exportStrategy(strategy, {
      benchmark: this.#benchmark,
      experience,
      dataLocation: basename(nameDataFile(path)),
      ...omitUndefined({ maxFileBytes: this.#maxFileBytes }),
      keepAdapters: this.#keepAdapters,
      metadata: {
        "firn.experience": String(experience.currentExperience),
        ...(experience.name === undefined ? {} : { "firn.experience_name": experience.name }),
        ...nameTrained(experience),
        ...(kind === "classes" ? { "firn.classes_seen": JSON.stringify(experience.classesSeenSoFar) } : {}),
        "firn.strategy": this.#labels.strategy,
        "firn.benchmark": this.#labels.benchmark,
        "firn.normalization": JSON.stringify(this.#benchmark.normalization),
        "firn.metrics": JSON.stringify(accuracy),
      },
    });
    // Before the file that names it. The latest file names the same.
    if (data) await this.#directory.writeFile(nameDataFile(path), data);
    await this.#directory.writeFile(path, bytes);
    await this.#directory.writeFile(this.#directory.latestExportPath, bytes);
    if (this.#form) await this.#convert(this.#directory.resolve(path), experience.currentExperience, this.#form);
    return { path, maxAbsoluteDifference };
  }

  /** Writes the file once more, in another form. */
  async #convert(file: string, experience: number, form: ExportForm): Promise<void> {
    const path = formatConvertedPath(experience);
    const { precision, calibrationSamples: count = CALIBRATION_SAMPLES } = form;
    const samples = precision === "int8" ? takeCalibrationSamples(this.#benchmark, { count, last: experience }) : [];
    const dataLocation = basename(nameDataFile(path));
    const { bytes, data } = await convertExport(file, { ...toConversion(form), samples, dataLocation });
    await this.#directory.makeFolder(dirname(path));
    if (data) await this.#directory.writeFile(nameDataFile(path), data);
    await this.#directory.writeFile(path, bytes);
  }
}

/** The names of all experiences up to this one, where they have names. */
function nameTrained(experience: Experience): Readonly<Record<string, string>> {
  const { originStream } = isOnlineExperience(experience) ? experience.originExperience : experience;
  const names = listNames(originStream.slice(0, findOriginNumber(experience) + 1));
  return names ? { "firn.trained_experiences": JSON.stringify(names) } : {};
}
