import { type HostTensor, matrixShape } from "../../../core/host_tensor.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { flag } from "../../../core/options/value_rules.ts";
import { count, declareState, float64Vector, mapById, record } from "../../../core/state/state.ts";
import type { HeadForm } from "../../../onnx/export/head_form.ts";
import type { NearestMeanHead } from "../../../onnx/export/prediction_head.ts";
import { type FeatureClassifier, type FeaturesByClass, measureLength, scoreRows } from "./feature_classifier.ts";

const CLASS_MEAN = record({
  /** Samples that the mean is of. */
  count: count(),
  /** [F] */
  mean: float64Vector(),
});

/**
 * The nearest class mean: a class's score is minus the Euclidean distance between the features and the mean of its
 * samples' features. With `normalize`, features are brought to length 1 first, and means again.
 * @see Mensink et al. 2013, Distance-Based Image Classification, TPAMI 35(11); Rebuffi et al. 2017, arXiv:1611.07725
 */
export class NCMClassifier implements FeatureClassifier {
  readonly #normalize: boolean;
  readonly #state = declareState("class means", { means: mapById(CLASS_MEAN) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /** @throws {TypeError} If an option is of another kind. */
  constructor(options: { readonly normalize?: boolean } = {}) {
    assertOptions("NCMClassifier", options, { normalize: flag() });
    this.#normalize = options.normalize ?? true;
  }

  /** The mean [F] of every class known, before it is brought to length 1; borrowed. */
  get means(): ReadonlyMap<number, Float64Array> {
    return new Map([...this.#state.means].map(([id, { mean }]) => [id, mean]));
  }

  get classes(): readonly number[] {
    return [...this.#state.means.keys()];
  }

  learn(features: FeaturesByClass): void {
    for (const id of features.keys()) this.#state.means.delete(id);
    this.add(features);
  }

  add(features: FeaturesByClass): void {
    for (const [id, tensor] of features) {
      const [count, width] = matrixShape(tensor.shape);
      if (count === 0) continue;
      const known = this.#state.means.get(id) ?? { count: 0, mean: new Float64Array(width) };
      const total = known.count + count;
      const mean = known.mean.map((value) => value * (known.count / total));
      for (let row = 0; row < count; row++) {
        const values = tensor.data.subarray(row * width, (row + 1) * width);
        const length = this.#normalize ? measureLength(values) : 1;
        for (let i = 0; i < width; i++) mean[i] = (mean[i] ?? 0) + (values[i] ?? 0) / length / total;
      }
      this.#state.means.set(id, { count: total, mean });
    }
  }

  score(features: HostTensor, width: number): HostTensor {
    const ids = this.classes;
    const centres = [...this.#state.means.values()].map(({ mean }) => this.#scale(mean));
    return scoreRows(features, { width, ids }, (row, scores) => {
      const values = this.#scale(Float64Array.from(row));
      for (const [k, centre] of centres.entries()) {
        let square = 0;
        for (let i = 0; i < values.length; i++) square += ((values[i] ?? 0) - (centre[i] ?? 0)) ** 2;
        scores[k] = -Math.sqrt(square);
      }
    });
  }

  describeHead(layerName: string): NearestMeanHead | undefined {
    if (this.#state.means.size === 0) return undefined;
    const means = new Map([...this.#state.means].map(([id, { mean }]) => [id, this.#scale(mean)]));
    return { kind: "nearestMean", layerName, means, normalize: this.#normalize };
  }

  describeForm(layerName: string): HeadForm {
    return { kind: "nearestMean", layerName, normalize: this.#normalize };
  }

  /** At length 1, if that is wanted; a vector of zeros stays. */
  #scale(vector: Float64Array): Float64Array {
    if (!this.#normalize) return vector;
    const length = measureLength(vector);
    return vector.map((value) => value / length);
  }
}
