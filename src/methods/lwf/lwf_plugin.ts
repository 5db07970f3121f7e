import { resolveOptions } from "../../core/options/option_schema.ts";
import { declareState, optional } from "../../core/state/state.ts";
import { Dataset } from "../../data/dataset.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import { TaskRelabeler } from "../../data/transforms/task_relabeler.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import { endsExperience } from "../../streams/online_experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { addDistillation } from "../../training/losses/distillation.ts";
import { CLASSES_BY_TASK, groupClassesByTask, joinClassesByTask } from "../../training/model/classes_by_task.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import type { PerExperience } from "../shared/method_options.ts";
import { readPerExperience } from "../shared/per_experience.ts";
import { Teacher, teacherField } from "../shared/teacher.ts";
import { strategyWith } from "../strategy_with.ts";
import { type LwFOptions, lwf } from "./options.ts";

/**
 * Learning without forgetting: from the second experience on, adds α T² KL(softmax(z_old/T) ‖ softmax(z/T)), the mean
 * over the minibatch, over the outputs of the classes seen before; z_old are the outputs of the model as it was after
 * the last experience. A model with a head a task is held on all heads of the past: the minibatch is computed once more
 * for each.
 *
 * The pieces of an online stream are one experience, which is over with its last piece.
 *
 * T² is Hinton's, whose loss the paper takes over: it keeps the gradient's size independent of T.
 * @see Li and Hoiem 2016, Learning without Forgetting, arXiv:1606.09282; Hinton et al. 2015, arXiv:1503.02531
 */
export class LwFPlugin implements StrategyPlugin {
  readonly name = "LwFPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["changesLoss", "needsHardLabels"];
  readonly #alpha: PerExperience;
  readonly #temperature: number;
  readonly #factor: number;
  readonly #relabeler = new TaskRelabeler();
  readonly #state = declareState("LwFPlugin", {
    teacher: optional(teacherField()),
    /** Classes that the teacher knows, by task label. */
    classes: CLASSES_BY_TASK,
    /** Classes of an experience that comes in pieces, of which the last is still to come. */
    trained: CLASSES_BY_TASK,
  });
  readonly state: PluginState = this.#state;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: LwFOptions = {}) {
    const options = resolveOptions("LwFPlugin", given, lwf.options);
    const { alpha, temperature, compatibility } = options;
    this.#alpha = alpha;
    this.#temperature = temperature;
    this.#factor = compatibility === "avalanche" ? 1 : temperature ** 2;
  }

  /** A single head's outputs are at hand. */
  async afterForward(strategy: BaseStrategy): Promise<void> {
    const { mbatch, mbOutput } = strategy;
    const weight = this.#weigh(strategy);
    if (!this.#state.teacher || weight === 0 || hasHeadPerTask(strategy)) return;
    const teacher = await this.#state.teacher.forward(strategy, mbatch);
    const columns = [...new Set([...this.#state.classes.values()].flat())];
    const dOutput = new Float32Array(mbOutput.data.length);
    const loss = addDistillation(mbOutput, teacher, { columns, temperature: this.#temperature, weight, dOutput });
    strategy.addLossTerm({ loss, dOutput });
  }

  /** Outputs of the past's heads are computed for this alone. */
  async afterBackward(strategy: BaseStrategy): Promise<void> {
    const { mbatch, gradient } = strategy;
    const weight = this.#weigh(strategy);
    if (!this.#state.teacher || weight === 0 || !hasHeadPerTask(strategy)) return;
    const heads = [...this.#state.classes];
    const samples = Dataset.concat(heads.map(([task]) => this.#relabeler.relabel(mbatch, task)));
    const teacher = await this.#state.teacher.forward(strategy, samples);
    const side = await strategy.lossAndGradientOn(samples, {
      training: true,
      criterion: {
        evaluate: (output) => {
          const dOutput = new Float32Array(output.data.length);
          const losses = heads.map(([, columns], i) => {
            const rows = { start: i * mbatch.length, end: (i + 1) * mbatch.length };
            return addDistillation(output, teacher, { columns, temperature: this.#temperature, weight, rows, dOutput });
          });
          return { loss: losses.reduce((sum, loss) => sum + loss, 0), dOutput };
        },
      },
    });
    addScaled(gradient, side.gradient, 1);
    strategy.loss += side.loss;
  }

  afterTrainingExp(strategy: BaseStrategy): void {
    this.#state.trained = joinClassesByTask(this.#state.trained, groupClassesByTask(strategy.experience));
    if (!endsExperience(strategy.experience)) return;
    this.#state.classes = joinClassesByTask(this.#state.classes, this.#state.trained);
    this.#state.trained = new Map();
    this.#state.teacher = Teacher.copy(strategy);
  }

  afterModelGrowth(strategy: BaseStrategy, growth: ModelGrowth): void {
    this.#state.teacher = this.#state.teacher?.grow(strategy, growth);
  }

  #weigh(strategy: BaseStrategy): number {
    return this.#factor * readPerExperience(this.#alpha, countPastExperiences(strategy));
  }
}

/** Learning without forgetting: an `LwFPlugin` after the other plugins. */
export class LwF extends strategyWith(LwFPlugin, lwf.options) {}

function hasHeadPerTask({ heads }: BaseStrategy): boolean {
  return heads.some(({ kind }) => kind !== "incremental");
}

/** By the names under which a list of methods loads them. */
export { LwF as strategy, LwFPlugin as plugin };
