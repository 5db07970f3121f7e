import { RangeRefusal } from "../../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { anything, listOf, required, text } from "../../../core/options/value_rules.ts";
import { formatNetwork, type ImportedNetwork as Network } from "../../../onnx/import/imported_network.ts";
import { parseNetwork } from "../../../onnx/import/parse_network.ts";
import { LAYER_RULES, type LayerOptions } from "../layer_rules.ts";
import * as tf from "../tensorflow.ts";

/** What an `ImportedNetwork` is made of. */
export interface ImportedNetworkOptions {
  readonly name?: string;
  /** The network, as a text. */
  readonly network: string;
  /** The shape of what it gives for one sample. */
  readonly outputShape: readonly number[];
  /** The values of its weights, in the network's order; copied. Default: zeros, to be set. */
  readonly values?: readonly Float32Array[];
}

const IMPORTED_NETWORK_RULES: OptionRules<ImportedNetworkOptions & LayerOptions> = {
  network: required(text()),
  outputShape: required(listOf(anything())),
  values: listOf(anything()),
  ...LAYER_RULES,
};

/**
 * A network from an ONNX file as one layer. The onnxruntime engine computes it; TF.js holds its weights and its place
 * among other layers.
 */
export class ImportedNetwork extends tf.layers.Layer {
  static readonly className = "ImportedNetwork";
  readonly network: Network;
  readonly #outputShape: readonly number[];
  readonly #values: readonly Float32Array[] | undefined;

  /** @throws {TypeError} If the text is no network. */
  constructor(options: ImportedNetworkOptions) {
    assertOptions("ImportedNetwork", options, IMPORTED_NETWORK_RULES);
    const { values, network, outputShape, ...settings } = options;
    super(settings);
    this.network = parseNetwork(network);
    this.#outputShape = [...outputShape];
    this.#values = values;
  }

  override build(): void {
    for (const [i, { name, shape, isTrainable }] of this.network.weights.entries()) {
      const weight = this.addWeight(name, [...shape], "float32", tf.initializers.zeros(), undefined, isTrainable);
      const values = this.#values?.[i];
      if (!values) continue;
      const tensor = tf.tensor(values.slice(), [...shape], "float32");
      weight.write(tensor);
      tensor.dispose();
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [inputShape.flat()[0] ?? null, ...this.#outputShape];
  }

  /** @throws {RangeError} Always: the engine tfjs has no operators of ONNX. */
  override call(): tf.Tensor {
    throw new RangeRefusal(
      `layer "${this.name}" is a network from an ONNX file, which the engine onnxruntime computes`,
    );
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), network: formatNetwork(this.network), outputShape: [...this.#outputShape] };
  }
}

tf.serialization.registerClass(ImportedNetwork);
