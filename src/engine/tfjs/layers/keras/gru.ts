import { elementAt } from "../../../../core/element_at.ts";
import { needs, TypeRefusal } from "../../../../core/errors/errors.ts";
import * as tf from "../../tensorflow.ts";
import { readInput, readWeight } from "../masked_logits.ts";
import { takeShape } from "./kernel_layer.ts";

/** An activation of TF.js's, as its cells hold them. */
interface Activation {
  apply(x: tf.Tensor): tf.Tensor;
}

/** What TF.js's cell of a GRU has, as far as it is used here. */
interface GruParts {
  units: number;
  useBias: boolean;
  activation: Activation;
  recurrentActivation: Activation;
  kernel: tf.LayerVariable;
  recurrentKernel: tf.LayerVariable;
  bias: tf.LayerVariable;
}

type GruCell = tf.layers.Layer & GruParts;

interface GruSettings {
  readonly units: number;
  readonly resetAfter?: boolean;
}

/** TF.js gives its own class nowhere else. */
const Base = tf.layers.gru({ units: 1 }).constructor as Pick<typeof tf.RNN, "fromConfig"> &
  (new (
    settings: GruSettings,
  ) => tf.RNN);

/**
 * TF.js's GRU, which takes `resetAfter`, too: h′ = φ(x + b + r · (h · V + c)), as Keras computes it by default, with
 * two biases [2, 3 · units]. It stands in the place of TF.js's own in files and Workers.
 * @see Cho et al. 2014, Learning Phrase Representations, arXiv:1406.1078v1
 */
export class GRU extends Base {
  static readonly className = "GRU";

  constructor(settings: GruSettings) {
    super({ ...settings, resetAfter: false });
    if (settings.resetAfter) resetAfterProduct(takeCell(this.cell));
  }
}

tf.serialization.registerClass(GRU);

function takeCell(cell: unknown): GruCell {
  if (cell instanceof tf.layers.Layer && cell.getClassName() === "GRUCell") return cell as GruCell;
  throw new TypeRefusal(needs("a GRU", "a cell of TF.js's", cell));
}

function resetAfterProduct(cell: GruCell): void {
  const { build, getConfig } = cell;
  const { useBias } = cell;
  cell.build = (inputShape) => {
    // Its own bias would be one row.
    cell.useBias = false;
    build.call(cell, takeShape(inputShape));
    cell.useBias = useBias;
    if (!useBias) return;
    const weight = ["bias", [2, 3 * cell.units], "float32", tf.initializers.zeros(), undefined, true];
    // It is protected.
    cell.bias = Reflect.apply(Reflect.get(cell, "addWeight"), cell, weight);
  };
  cell.call = (inputs) => tf.tidy(() => step(cell, readInput(cell, inputs, 0), readInput(cell, inputs, 1)));
  cell.getConfig = () => ({ ...getConfig.call(cell), resetAfter: true });
}

/** x [N, F] and h [N, units] to the next h, as output and as state. */
function step(cell: GruCell, x: tf.Tensor, h: tf.Tensor): tf.Tensor[] {
  const { units, useBias, activation, recurrentActivation } = cell;
  const biases = useBias ? tf.unstack(readWeight(cell, cell.bias)) : [];
  const project = (value: tf.Tensor, weight: tf.LayerVariable, row: number) => {
    const product = tf.matMul(value, readWeight(cell, weight));
    return tf.split(useBias ? tf.add(product, elementAt(biases, row)) : product, [2 * units, units], 1);
  };
  const [xGates, xCandidate] = project(x, cell.kernel, 0);
  const [hGates, hCandidate] = project(h, cell.recurrentKernel, 1);
  if (!xGates || !xCandidate || !hGates || !hCandidate) throw new TypeRefusal(needs("a GRU", "gates", units));
  const gates = tf.add(xGates, hGates);
  const [z, r] = tf.split(gates, 2, 1).map((gate) => recurrentActivation.apply(gate));
  if (!z || !r) throw new TypeRefusal(needs("a GRU", "two gates", units));
  const candidate = activation.apply(tf.add(xCandidate, tf.mul(r, hCandidate)));
  const next = tf.add(tf.mul(z, h), tf.mul(tf.sub(1, z), candidate));
  return [next, next];
}
