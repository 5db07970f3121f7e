import { basename, dirname } from "node:path";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { convertExport } from "../../onnx/conversion/convert_export.ts";
import type { EncodedFiles } from "../../onnx/file/encode_files.ts";
import type { Benchmark, Experience } from "../../streams/experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { RunDirectory } from "../run_directory.ts";
import { formatConvertedPath, nameDataFile } from "../run_files.ts";
import type { ExperienceSummary } from "../summary/run_summary.ts";
import { takeCalibrationSamples } from "./calibration_samples.ts";
import { describeExport, type ExportLabels } from "./describe_export.ts";
import { CALIBRATION_SAMPLES, type ExportForm, toConversion } from "./export_form.ts";
import { exportStrategy } from "./export_strategy.ts";

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
    const path = this.#directory.exportPath(experience.currentExperience);
    const options = {
      benchmark: this.#benchmark,
      experience,
      ...omitUndefined({ maxFileBytes: this.#maxFileBytes }),
      keepAdapters: this.#keepAdapters,
      metadata: describeExport(experience, { benchmark: this.#benchmark, labels: this.#labels, accuracy }),
    };
    const dataLocation = basename(nameDataFile(path));
    const { bytes, data, maxAbsoluteDifference } = await exportStrategy(strategy, { ...options, dataLocation });
    // Before the file that names it. The latest file names the same.
    if (data) await this.#directory.writeFile(nameDataFile(path), data);
    await this.#directory.writeFile(path, bytes);
    await this.#directory.writeFile(this.#directory.latestExportPath, bytes);
    if (this.#form) {
      const converted = formatConvertedPath(experience.currentExperience);
      const location = basename(nameDataFile(converted));
      const files = this.#form.original
        ? await exportStrategy(strategy, { ...options, original: true, dataLocation: location })
        : await this.#convert(this.#directory.resolve(path), { experience, location, form: this.#form });
      await this.#writeConverted(converted, files);
    }
    return { path, maxAbsoluteDifference };
  }

  /** The file in another form. */
  async #convert(
    file: string,
    { experience, location, form }: { experience: Experience; location: string; form: ExportForm },
  ): Promise<EncodedFiles> {
    const { precision, calibrationSamples: count = CALIBRATION_SAMPLES } = form;
    const last = experience.currentExperience;
    const samples = precision === "int8" ? takeCalibrationSamples(this.#benchmark, { count, last }) : [];
    return convertExport(file, { ...toConversion(form), samples, dataLocation: location });
  }

  async #writeConverted(path: string, { bytes, data }: EncodedFiles): Promise<void> {
    await this.#directory.makeFolder(dirname(path));
    if (data) await this.#directory.writeFile(nameDataFile(path), data);
    await this.#directory.writeFile(path, bytes);
  }
}
