import type { MeasuredVersion } from "../../../web/browser/accuracy_chart.ts";
import type { DescribedModel } from "../../../web/browser/image_form.ts";

/** What a folder that runs in browsers is known by. */
export const WEB_FOLDER_KIND = "firn-web";

/** The file with what the page shows. */
export const VERSIONS_FILE = "versions.json";

/** Files of onnxruntime-web that a page needs to compute with one thread. */
export const RUNTIME_FILES = ["ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"] as const;

/** A version in versions.json. */
export interface WebVersion extends Pick<MeasuredVersion, "version" | "accuracies"> {
  /** Its ONNX file, beside versions.json. */
  readonly file: string;
  readonly bytes: number;
  readonly description: DescribedModel;
}

/** What versions.json holds. */
export interface WebVersions {
  readonly kind: typeof WEB_FOLDER_KIND;
  /** Of the run or folder. */
  readonly name: string;
  /** Of Firn and onnxruntime-web. */
  readonly firn: string;
  readonly onnxruntime: string;
  /** Oldest first. */
  readonly versions: readonly WebVersion[];
}
