import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { listOf, number, oneOf, required, wholeNumber } from "../../../core/options/value_rules.ts";
import {
  type ColumnLayer,
  countColumns,
  describeColumns,
  listColumnLayers,
  type ProgressiveSettings,
  type ProgressiveWidth,
} from "../../../onnx/layers/heads/progressive_columns.ts";
import { LAYER_RULES, type LayerOptions } from "../layer_rules.ts";
import * as tf from "../tensorflow.ts";
import { maskLogits, readInput, readWeight } from "./masked_logits.ts";

/** What a `ProgressiveNetwork` is made of. */
export interface ProgressiveNetworkOptions extends ProgressiveSettings, ProgressiveWidth {
  readonly name?: string;
  /** Default: −1000, a probability of 0 after a softmax. */
  readonly maskValue?: number;
}

const PROGRESSIVE_NETWORK_RULES: OptionRules<ProgressiveNetworkOptions & LayerOptions> = {
  hiddenLayers: required(wholeNumber(1)),
  hiddenSize: required(wholeNumber(1)),
  adapter: required(oneOf(["linear", "mlp"])),
  laterals: required(oneOf(["hidden", "input"])),
  units: required(wholeNumber(1)),
  tasks: required(listOf(wholeNumber())),
  maskValue: number(),
  ...LAYER_RULES,
};

/**
 * A progressive network, features [N, in] and task labels [N] (int32) to [N, units]: a column of dense layers a task,
 * each layer but the first joined to the activations of all columns before it. Layer i of column k is relu(W hᵢ₋₁⁽ᵏ⁾ +
 * b + adapter(hᵢ₋₁⁽⁰⁾, …, hᵢ₋₁⁽ᵏ⁻¹⁾)), the last layer without relu, with an adapter "linear", Σⱼ Uⱼ hᵢ₋₁⁽ʲ⁾, or "mlp",
 * U relu(V [αⱼ hᵢ₋₁⁽ʲ⁾]ⱼ + c). The newest column alone is trainable. Rows are answered by the column of their label;
 * units that it was not trained on, all of them for a label without a column, answer `maskValue`: `active` [columns,
 * units] says which.
 * @see Rusu et al. 2016, Progressive Neural Networks, arXiv:1606.04671
 */
export class ProgressiveNetwork extends tf.layers.Layer {
  static readonly className = "ProgressiveNetwork";
  readonly settings: ProgressiveSettings & ProgressiveWidth;
  readonly maskValue: number;
  readonly #weights = new Map<string, tf.LayerVariable>();

  /** @throws {RangeError} If a setting is out of range or unknown. */
  constructor(options: ProgressiveNetworkOptions) {
    assertOptions("ProgressiveNetwork", options, PROGRESSIVE_NETWORK_RULES);
    super({ ...options });
    const { hiddenLayers, hiddenSize, adapter, laterals, units, tasks, maskValue = -1000 } = options;
    this.settings = { hiddenLayers, hiddenSize, adapter, laterals, units, tasks: [...tasks] };
    this.maskValue = maskValue;
  }

  /** @throws {RangeError} If the inputs are not [N, in] and [N]. */
  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [[, features, ...others] = [], labels] = inputShape.filter(Array.isArray);
    if (typeof features !== "number" || others.length > 0 || labels?.length !== 1) {
      const wanted = "two inputs, features [N, in] and task labels [N]";
      throw new RangeRefusal(needs(`${this.name}`, wanted, inputShape));
    }
    const zeros = tf.initializers.zeros();
    for (const { name, shape, isTrainable } of describeColumns("", this.settings, features)) {
      const own = name.slice(1);
      this.#weights.set(own, this.addWeight(own, [...shape], "float32", zeros, undefined, isTrainable));
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [inputShape.flat()[0] ?? null, this.settings.units];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = readInput(this, inputs, 0);
      const columns = countColumns(this.settings);
      const tasks = Array.from({ length: columns }, (_, column) => this.settings.tasks[column] ?? -1);
      const labels = tf.cast(tf.expandDims(readInput(this, inputs, 1), 1), "int32");
      const chosen = tf.cast(tf.equal(labels, tf.tensor2d(tasks, [1, columns], "int32")), "float32");
      const outputs = this.#computeColumns(x, columns);
      const logits = tf.addN(outputs.map((output, column) => tf.mul(output, tf.slice(chosen, [0, column], [-1, 1]))));
      return maskLogits(logits, tf.matMul(chosen, this.#read("active")), this.maskValue);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { tasks, ...settings } = this.settings;
    return { ...super.getConfig(), ...settings, tasks: [...tasks], maskValue: this.maskValue };
  }

  /** Each column's logits [N, units]. */
  #computeColumns(x: tf.Tensor, columns: number): tf.Tensor[] {
    const below: tf.Tensor[][] = [];
    return Array.from({ length: columns }, (_, column) => {
      let h = x;
      const layers = listColumnLayers(this.settings, { column, features: elementAt(x.shape, 1) });
      for (const [at, part] of layers.entries()) {
        const earlier = below[at] ?? [];
        const z = this.#computeLayer(part, h, earlier);
        below[at] = [...earlier, h];
        h = part.isOutput ? z : tf.relu(z);
      }
      return h;
    });
  }

  #computeLayer(part: ColumnLayer, h: tf.Tensor, earlier: readonly tf.Tensor[]): tf.Tensor {
    const read = (name: string) => this.#read(`${part.name}/${name}`);
    const own = tf.add(tf.matMul(h, read("kernel")), read("bias"));
    if (part.joined === 0) return own;
    if (this.settings.adapter === "linear") {
      return tf.add(own, tf.matMul(tf.concat([...earlier], 1), read("lateral/kernel")));
    }
    const alpha = read("alpha");
    const scaled = earlier.map((value, column) => tf.mul(value, tf.slice(alpha, [column], [1])));
    const hidden = tf.relu(tf.add(tf.matMul(tf.concat(scaled, 1), read("v/kernel")), read("v/bias")));
    return tf.add(own, tf.matMul(hidden, read("u/kernel")));
  }

  #read(name: string): tf.Tensor {
    return readWeight(this, this.#weights.get(name));
  }
}

tf.serialization.registerClass(ProgressiveNetwork);
