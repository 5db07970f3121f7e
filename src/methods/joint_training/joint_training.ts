import { RefusalError } from "../../core/errors/errors.ts";
import { joinExperiences } from "../../streams/joint_experience.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type Experiences, groupByStream, listExperiences } from "../../training/loop/eval_streams.ts";
import { Rehearsal } from "../../training/loop/rehearsal.ts";
import type { LastMetrics, TrainOptions } from "../../training/loop/train_options.ts";

/**
 * Trains once on all given experiences together, as if there were no stream: the upper bound that continual learners
 * are compared with. To callbacks it is one experience, with the number of the latest.
 */
export class JointTraining extends BaseStrategy {
  #trained = false;

  override get trainsJointly(): boolean {
    return true;
  }

  /**
   * Trains on the samples of all experiences at once. The experiences are what is evaluated meanwhile, unless told
   * otherwise.
   * @throws {Error} At the second call: a second joint training is not defined.
   */
  override async train(experiences: Experiences, options: TrainOptions = {}): Promise<LastMetrics> {
    if (this.#trained)
      throw new RefusalError(
        "JointTraining trains once, with all experiences in one call; make a new strategy to train again",
      );
    const all = listExperiences(experiences, "train()");
    const joined = joinExperiences(all);
    new Rehearsal(this, options.dropLast ?? this.dropLast).admit(joined);
    this.#trained = true;
    return super.train(joined, { evalStreams: groupByStream(all), ...options });
  }
}

/** By the names under which a list of methods loads them. */
export { JointTraining as strategy };
