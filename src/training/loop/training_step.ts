import type { Cluster } from "../../cluster/cluster.ts";
import type { AfterGradient, ComputeRequest, FeatureTarget, StepResult } from "../../cluster/compute_request.ts";
import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { needs, RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { scaleVector } from "../../core/vector.ts";
import { Dataset } from "../../data/dataset.ts";
import type { Mixing } from "../../data/transforms/mixing.ts";
import type { StepRates } from "../../optimizers/optimizer.ts";
import type { Criterion } from "../losses/criterion.ts";
import type { LossAndGradient } from "../losses/loss_and_gradient.ts";
import type { LossTerm } from "../losses/loss_terms.ts";
import { mixObjectives, takePartners } from "../losses/mixed_targets.ts";
import { computeFused } from "../model/compute_gradient.ts";
import { OUTPUTS_ELSEWHERE } from "./loop_state.ts";
import type { StepPlan } from "./step_plan.ts";

/** How one training iteration is computed. */
export interface StepInput {
  /** The iteration's number from 0: decides the dropout masks, and what augmentation does to samples. */
  readonly dropoutStep: number;
  readonly plan: StepPlan;
  /** Read when the update is asked for: a schedule may change it inside the iteration. */
  readonly rates: () => StepRates;
  /** True where a plugin may look at the outputs of a step that is computed in one command. */
  readonly readsOutputs: boolean;
}

/**
 * The distributed part of one training iteration behind its three verbs, forward, backward and update. Where the plan
 * is fused, `forward` has the replicas do all that the plan allows and the other verbs have nothing left to do.
 */
export class TrainingStep {
  readonly #cluster: Cluster;
  readonly #criterion: Criterion;
  readonly #input: StepInput;
  readonly #terms: (LossTerm | LossAndGradient)[] = [];
  #samples = Dataset.empty();
  #criterionScale = 1;
  #sampleWeights: Float32Array | undefined;
  #mixing: Mixing | undefined;
  #anchor: FeatureTarget | undefined;
  #isAnchored = false;
  #fusedObjective: number | undefined;
  #loss: LossAndGradient | undefined;
  #hasForwarded = false;
  #wentBackward = false;
  #updated = false;

  constructor(cluster: Cluster, criterion: Criterion, input: StepInput) {
    this.#cluster = cluster;
    this.#criterion = criterion;
    this.#input = input;
  }

  /** @throws {Error} If the backward pass has begun. */
  addLossTerm(term: LossTerm | LossAndGradient): void {
    if (this.#fusedObjective !== undefined || this.#wentBackward) {
      throw new RefusalError("addLossTerm() must be called before the backward pass, in beforeBackward at the latest");
    }
    this.#terms.push(term);
  }

  /** @throws {Error} If the criterion was computed already. */
  scaleCriterion(factor: number | Float32Array): void {
    if (this.#fusedObjective !== undefined || this.#loss) {
      throw new RefusalError(
        "scaleCriterion() must be called before the loss is computed, in beforeForward at the latest",
      );
    }
    if (typeof factor === "number") this.#criterionScale *= factor;
    else this.#sampleWeights = factor.map((weight, i) => weight * (this.#sampleWeights?.[i] ?? 1));
  }

  /** @throws {Error} If the outputs were computed already. {RangeError} If it does not fit the samples or criterion. */
  mix(mixing: Mixing, samples: Dataset): void {
    if (this.#hasForwarded) {
      throw new RefusalError(
        "mixMinibatch() must be called before the outputs are computed, in beforeForward at the latest",
      );
    }
    if (mixing.partners.length !== samples.length) {
      throw new RangeRefusal(
        needs("mixMinibatch()", `${samples.length} partners, one a sample`, mixing.partners.length),
      );
    }
    if (!this.#criterion.takesSoftTargets) {
      throw new RangeRefusal("mixMinibatch() requires a criterion that takes soft targets, CrossEntropyLoss");
    }
    this.#mixing = mixing;
  }

  /**
   * Has features held to what they were in the command of the step, if it is one; `isAnchored` tells. One wish a step.
   * @throws {Error} If the outputs were computed already.
   */
  anchor(target: FeatureTarget): void {
    if (this.#hasForwarded) {
      throw new RefusalError(
        "anchorFeatures() must be called before the outputs are computed, in beforeForward at the latest",
      );
    }
    this.#anchor ??= target;
  }

  /** True where the step held features to this. */
  isAnchoredTo(target: FeatureTarget): boolean {
    return this.#isAnchored && this.#anchor === target;
  }

  /** Outputs [B, C] of the minibatch that this step is about, or `OUTPUTS_ELSEWHERE`. */
  async forward(samples: Dataset): Promise<HostTensor> {
    const { plan } = this.#input;
    this.#samples = samples;
    this.#hasForwarded = true;
    const isFused = plan.fused && this.#terms.length === 0;
    const result = isFused ? await this.#computeFused() : undefined;
    if (!result) return this.#cluster.forward(this.#request());
    if (!result.isFinite) this.#refuseLoss(result.objective);
    this.#fusedObjective = result.objective;
    this.#updated = plan.updateWithReduction;
    return this.#gathersOutputs ? result.output : OUTPUTS_ELSEWHERE;
  }

  /** The criterion's loss of outputs [B, C]; computed here unless the fused step has done it. */
  async computeLoss(evaluate: () => LossAndGradient | Promise<LossAndGradient>): Promise<number> {
    if (this.#fusedObjective !== undefined) return this.#fusedObjective;
    this.#loss = scaleLoss(weighSamples(await evaluate(), this.#sampleWeights), this.#criterionScale);
    return this.#loss.loss;
  }

  /** Adds the plugins' terms, then has the gradient computed and reduced. Returns the loss with terms and penalties. */
  async backward(readOutput: () => HostTensor): Promise<number> {
    let loss = this.#fusedObjective;
    this.#wentBackward = true;
    if (loss === undefined) {
      const { loss: value, dOutput } = await this.#addTerms(readOutput());
      if (!Number.isFinite(value)) this.#refuseLoss(value);
      await this.#cluster.backward(this.#request(), dOutput, this.#after());
      this.#updated = this.#input.plan.updateWithReduction;
      loss = value;
    }
    return loss + (this.#cluster.penalties.count > 0 ? this.#cluster.penalties.sumLastStep() : 0);
  }

  /**
   * Leaves the optimizer step of this iteration out.
   * @throws {Error} If the plan has it made already: only who listens to `afterBackward` or `beforeUpdate` may ask.
   */
  skipUpdate(): void {
    if (this.#updated)
      throw new RefusalError("skipUpdate() must be called before the update, in beforeUpdate at the latest");
    this.#updated = true;
  }

  /** The optimizer step, unless the reduction has done it. */
  async update(): Promise<void> {
    if (!this.#updated) await this.#cluster.update(this.#input.rates());
    this.#updated = true;
  }

  async #computeFused(): Promise<StepResult | undefined> {
    const anchor = await this.#findAnchor();
    this.#isAnchored = anchor !== undefined;
    const request = { ...this.#request(), outputs: this.#gathersOutputs, anchor };
    return computeFused(this.#cluster, request, {
      criterion: this.#criterion,
      after: this.#after(),
      weigh: (objective) => scaleObjective(this.#mixTargets(objective), this.#criterionScale, this.#sampleWeights),
    });
  }

  /** What the step can hold features to: those of samples as they are. */
  async #findAnchor(): Promise<FeatureTarget | undefined> {
    if (!this.#anchor || this.#mixing) return undefined;
    const width = await this.#cluster.anchors.findWidth(this.#anchor.layerName);
    return width === undefined ? undefined : this.#anchor;
  }

  /** The objective of mixed samples: of both their targets, by their shares. */
  #mixTargets(objective: ObjectiveWriter): ObjectiveWriter {
    const mixing = this.#mixing;
    if (!mixing) return objective;
    const y = takePartners(this.#samples.targets, mixing);
    const other = this.#criterion.createObjective?.(y, this.#cluster.model.outputSize);
    return other ? mixObjectives(objective, other, mixing) : objective;
  }

  /** Whoever delays the update may look at anything before it. */
  get #gathersOutputs(): boolean {
    const { plan, readsOutputs } = this.#input;
    return readsOutputs || !plan.updateWithReduction || !this.#cluster.options.ranks.areTogether;
  }

  async #addTerms(output: HostTensor): Promise<LossAndGradient> {
    if (!this.#loss) throw new RefusalError("backward() must be called after the loss is computed");
    if (this.#terms.length === 0) return this.#loss;
    let { loss } = this.#loss;
    const dOutput = this.#loss.dOutput;
    for (const term of this.#terms) {
      const added = typeof term === "function" ? await differentiate(output, term) : term;
      loss += added.loss;
      for (let i = 0; i < dOutput.length; i++) dOutput[i] = (dOutput[i] ?? 0) + (added.dOutput[i] ?? 0);
    }
    return { loss, dOutput };
  }

  #request(): ComputeRequest {
    const { dropoutStep } = this.#input;
    const request = { samples: this.#samples, training: true, dropoutStep, augmentation: dropoutStep + 1 };
    return this.#mixing ? { ...request, mixing: this.#mixing } : request;
  }

  #after(): AfterGradient {
    const { plan, rates } = this.#input;
    return { penalties: true, ...(plan.updateWithReduction ? { update: rates() } : {}) };
  }

  #refuseLoss(loss: number): never {
    const step = this.#input.dropoutStep;
    const cure = `a smaller learning rate${this.#cluster.penalties.count > 0 ? ", or penalty," : ""} may help`;
    const wanted = `a finite loss at training iteration ${step} (${this.#samples.length} samples; ${cure})`;
    throw new RangeRefusal(`${needs("training", wanted, loss)}; the parameters are those before this step`);
  }
}

/** TF.js is loaded only for terms that need it. */
async function differentiate(output: HostTensor, term: LossTerm): Promise<LossAndGradient> {
  const { differentiateOnOutput } = await import("../losses/loss_terms.ts");
  return differentiateOnOutput(output, term);
}

function scaleObjective(objective: ObjectiveWriter, factor: number, samples?: Float32Array): ObjectiveWriter {
  if (factor === 1 && !samples) return objective;
  return {
    ...objective,
    write(targets, weights) {
      objective.write(targets, weights);
      scaleVector(weights, factor);
      samples?.forEach((weight, i) => {
        weights[i] = weight * (weights[i] ?? 0);
      });
    },
  };
}

/**
 * A mean of samples' losses with weights [B] before them. @throws {RangeError} If the samples' own losses are not
 * known.
 */
function weighSamples({ loss, dOutput, losses }: LossAndGradient, weights?: Float32Array): LossAndGradient {
  if (!weights) return { loss, dOutput };
  if (losses?.length !== weights.length) {
    const wanted = `a criterion that gives the loss of each of ${weights.length} samples`;
    throw new RangeRefusal(needs("sample weights", wanted, losses?.length));
  }
  const width = dOutput.length / weights.length;
  let sum = 0;
  for (const [row, weight] of weights.entries()) {
    sum += weight * (losses[row] ?? 0);
    scaleVector(dOutput.subarray(row * width, (row + 1) * width), weight);
  }
  return { loss: sum / weights.length, dOutput };
}

function scaleLoss({ loss, dOutput }: LossAndGradient, factor: number): LossAndGradient {
  if (factor !== 1) scaleVector(dOutput, factor);
  return { loss: factor * loss, dOutput };
}
