import { elementAt } from "../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import { findEntry, viewEntry } from "../../core/parameter_layout.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import { ClassBalancedOutputs } from "../../memory/buffers/class_balanced_outputs.ts";
import { OutputReservoir, type RememberedOutputs } from "../../memory/buffers/output_reservoir.ts";
import { shapeHead } from "../../models/growth/growing_head.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { assertRows } from "../shared/assert_rows.ts";
import { strategyWith } from "../strategy_with.ts";
import { type DEROptions, der } from "./options.ts";
import { createOutputMatching } from "./output_matching.ts";

/** What a masked unit answers unless its layer says otherwise. */
const MASKED = -1000;

/**
 * Dark experience replay: remembers what the model answered to a sample when it was trained on it, and holds later
 * answers to that: loss + α mean (h(x) − z)² + β cross-entropy(h(x'), y'), where (x, z) and (x', y') are two draws from
 * a reservoir that takes in every minibatch. In a growing head only columns that were there when a sample was
 * remembered are compared.
 * @see Buzzega et al. 2020, Dark Experience for General Continual Learning, arXiv:2004.07211
 */
export class DERPlugin implements StrategyPlugin {
  readonly name = "DERPlugin";
  readonly traits: readonly Trait[];
  readonly #alpha: number;
  readonly #beta: number;
  readonly #batchSizeMem: number | undefined;
  /** One of the two is used. */
  readonly #reservoir: OutputReservoir | undefined;
  readonly #balanced: ClassBalancedOutputs | undefined;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: DEROptions = {}) {
    const options = resolveOptions("DERPlugin", given, der.options);
    const { memSize, batchSizeMem, alpha, beta, compatibility } = options;
    const keeps: readonly Trait[] = compatibility === "paper" ? ["keepsMinibatchSamples"] : [];
    this.traits = ["changesLoss", "needsHardLabels", ...keeps];
    if (compatibility === "paper") this.#reservoir = new OutputReservoir(memSize);
    else this.#balanced = new ClassBalancedOutputs(memSize);
    [this.#alpha, this.#beta, this.#batchSizeMem] = [alpha, beta, batchSizeMem];
  }

  get state(): PluginState | undefined {
    return this.#reservoir ?? this.#balanced;
  }

  assertUsable({ model }: StrategySetup): void {
    assertRows(this.name, model, { batchSizeMem: this.#batchSizeMem });
  }

  async afterBackward(strategy: BaseStrategy): Promise<void> {
    const random = strategy.randomStreams.get("der");
    const count = this.#batchSizeMem ?? strategy.trainMbSize;
    if (this.#reservoir && this.#reservoir.length > 0) {
      await this.#holdOutputs(strategy, this.#reservoir.draw(count, random));
      if (this.#beta > 0) await this.#replay(strategy, this.#reservoir.draw(count, random));
    } else if (this.#balanced && this.#balanced.length >= count) {
      const drawn = this.#balanced.draw(count, random);
      await this.#holdOutputs(strategy, drawn);
      if (this.#beta > 0) await this.#replay(strategy, drawn);
    }
  }

  afterTrainingIteration(strategy: BaseStrategy): void {
    const { mbatch, mbOutput, randomStreams } = strategy;
    const remembered = { samples: mbatch, outputs: hideUnseenClasses(strategy, mbOutput) };
    this.#reservoir?.offer(remembered, randomStreams.get("der"));
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    this.#reservoir?.dropUnusedSources();
    await this.#balanced?.update(strategy, async (samples) => {
      return hideUnseenClasses(strategy, await strategy.forwardWith(strategy.parameters, samples));
    });
  }

  async #holdOutputs(strategy: BaseStrategy, { samples, outputs }: RememberedOutputs): Promise<void> {
    const known = hideLaterUnits(strategy, { samples, outputs });
    const criterion = createOutputMatching(known, strategy.cluster.model.outputSize);
    const { loss, gradient } = await strategy.lossAndGradientOn(samples, { training: true, criterion });
    addScaled(strategy.gradient, gradient, this.#alpha);
    strategy.loss += this.#alpha * loss;
  }

  async #replay(strategy: BaseStrategy, { samples }: RememberedOutputs): Promise<void> {
    const { loss, gradient } = await strategy.lossAndGradientOn(samples, { training: true });
    addScaled(strategy.gradient, gradient, this.#beta);
    strategy.loss += this.#beta * loss;
  }
}

/** Dark experience replay, DER++ unless `beta` is 0: a `DERPlugin` after the other plugins. */
export class DER extends strategyWith(DERPlugin, der.options) {}

/**
 * In a head a task, units that were masked when a sample was remembered and count by now gave no answer to hold on to:
 * NaN. Their classes had been seen in other tasks.
 */
function hideLaterUnits({ heads, cluster }: BaseStrategy, { samples, outputs }: RememberedOutputs): HostTensor {
  const head = heads.find(({ kind }) => kind === "multi-head");
  if (!head) return outputs;
  const active = viewEntry(cluster.state, findEntry(cluster.model.stateLayout, `${head.layer}/active`));
  const [, units = 0] = shapeHead(head);
  const [, columns] = matrixShape(outputs.shape);
  const isLater = (value: number, i: number) => {
    const task = elementAt(samples.targetsTaskLabels, Math.floor(i / columns));
    return value === MASKED && active[task * units + (i % columns)] === 1;
  };
  if (!outputs.data.some(isLater)) return outputs;
  return { ...outputs, data: outputs.data.map((value, i) => (isLater(value, i) ? Number.NaN : value)) };
}

/**
 * In a growing head, units of classes not seen yet give no answer worth keeping: NaN. Other heads' outputs as they are.
 */
function hideUnseenClasses({ heads, experience }: BaseStrategy, outputs: HostTensor): HostTensor {
  if (heads.length === 0) return outputs;
  const [, columns] = matrixShape(outputs.shape);
  const seen = new Set(experience.classesSeenSoFar);
  return { ...outputs, data: outputs.data.map((value, i) => (seen.has(i % columns) ? value : Number.NaN)) };
}

/** By the names under which a list of methods loads them. */
export { DER as strategy, DERPlugin as plugin };
