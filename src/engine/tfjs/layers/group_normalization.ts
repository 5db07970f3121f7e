import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { either, flag, nothing, number, objectLike, text, wholeNumber } from "../../../core/options/value_rules.ts";
import { LAYER_RULES, type LayerOptions } from "../layer_rules.ts";
import * as tf from "../tensorflow.ts";
import { readInput, readWeight } from "./masked_logits.ts";

/** What a `GroupNormalization` layer is made of: the names and defaults are Keras's. */
export interface GroupNormalizationOptions {
  readonly name?: string;
  /** Groups of channels; −1 is a group for each. Default: 32. */
  readonly groups?: number;
  /** Default: 1e-3. */
  readonly epsilon?: number;
  /** Whether there is a beta [C]. Default: true. */
  readonly center?: boolean;
  /** Whether there is a gamma [C]. Default: true. */
  readonly scale?: boolean;
  /** The shape of one sample, where it is the first layer of a sequential model. */
  readonly inputShape?: number[];
}

/** What Keras writes besides. Initialisers say what weights begin with, which files replace. */
interface KerasSettings {
  /** The last: channels come last. */
  readonly axis?: number;
  readonly betaInitializer?: string | object;
  readonly gammaInitializer?: string | object;
  readonly betaRegularizer?: null;
  readonly gammaRegularizer?: null;
  readonly betaConstraint?: null;
  readonly gammaConstraint?: null;
}

const INITIALIZER = either(text(), objectLike("an initializer", "config"));

const RULES: OptionRules<GroupNormalizationOptions & KerasSettings & LayerOptions> = {
  groups: wholeNumber(-1),
  epsilon: number({ atLeast: 0 }),
  center: flag(),
  scale: flag(),
  axis: wholeNumber(-1, -1),
  betaInitializer: INITIALIZER,
  gammaInitializer: INITIALIZER,
  betaRegularizer: nothing(),
  gammaRegularizer: nothing(),
  betaConstraint: nothing(),
  gammaConstraint: nothing(),
  ...LAYER_RULES,
};

/**
 * Normalises groups of channels of each sample [N, …, C] by their own mean and variance, then scales and shifts each
 * channel: the layer that Keras has and TF.js 4.22 has not. Both engines compute it and exported files hold it.
 * @see Wu and He 2018, Group Normalization, arXiv:1803.08494
 */
export class GroupNormalization extends tf.layers.Layer {
  static readonly className = "GroupNormalization";
  readonly #settings: {
    readonly groups: number;
    readonly epsilon: number;
    readonly center: boolean;
    readonly scale: boolean;
  };
  #gamma: tf.LayerVariable | undefined;
  #beta: tf.LayerVariable | undefined;

  /** @throws {TypeError} If an option has no such name. {RangeError} If the axis is not the last, or groups is 0. */
  constructor(options: GroupNormalizationOptions = {}) {
    assertOptions("GroupNormalization", options, RULES);
    const { groups = 32, epsilon = 1e-3, center = true, scale = true, ...rest } = options;
    super({ ...rest });
    if (groups === 0) throw new RangeRefusal(needs("GroupNormalization", "groups of at least 1, or -1", groups));
    this.#settings = { groups, epsilon, center, scale };
  }

  /** @throws {RangeError} If the channels are not a multiple of the groups. */
  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const channels = inputShape.flat().at(-1);
    const { groups, scale, center } = this.#settings;
    if (typeof channels !== "number" || (groups > 0 && channels % groups !== 0)) {
      throw new RangeRefusal(needs(`${this.name}`, `channels in ${groups} groups`, channels));
    }
    const add = (name: string, initializer: ReturnType<typeof tf.initializers.zeros>) =>
      this.addWeight(name, [channels], "float32", initializer, undefined, true);
    if (scale) this.#gamma = add("gamma", tf.initializers.ones());
    if (center) this.#beta = add("beta", tf.initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [first] = inputShape;
    return Array.isArray(first) ? first : inputShape.map((length) => (typeof length === "number" ? length : null));
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = readInput(this, inputs, 0);
      const channels = x.shape.at(-1) ?? 1;
      const groups = this.#settings.groups === -1 ? channels : this.#settings.groups;
      const grouped = tf.reshape(x, [x.shape[0] ?? 1, -1, groups, channels / groups]);
      const { mean, variance } = tf.moments(grouped, [1, 3], true);
      const deviation = tf.sqrt(tf.add(variance, this.#settings.epsilon));
      const normalized = tf.reshape(tf.div(tf.sub(grouped, mean), deviation), x.shape);
      const scaled = this.#gamma ? tf.mul(normalized, readWeight(this, this.#gamma)) : normalized;
      return this.#beta ? tf.add(scaled, readWeight(this, this.#beta)) : scaled;
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#settings, axis: -1 };
  }
}

tf.serialization.registerClass(GroupNormalization);
