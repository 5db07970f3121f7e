import { RangeRefusal } from "../../core/errors/errors.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { TrainingRunOptions } from "../options/training_run_options.ts";
import { isTrainedOnline } from "../training_units.ts";

/**
 * What a run must be that may go back to an accepted model.
 * @throws {RangeRefusal} If it has several ranks, exports nothing, or does not train whole experiences one by one.
 */
export function assertJudged<Config>(
  { judge, benchmark, exportsModels = true }: TrainingRunOptions<Config>,
  strategy: BaseStrategy,
): void {
  if (!judge) return;
  const { size } = strategy.options.cluster.ranks;
  const subject = "a run whose models are judged";
  if (size > 1) throw new RangeRefusal(`${subject} is trained by one process, got ${size} ranks`);
  if (!exportsModels) throw new RangeRefusal(`${subject} must export them`);
  if (strategy.trainsJointly) throw new RangeRefusal(`${subject} trains one experience after another, not all at once`);
  if (!isTrainedOnline(benchmark)) return;
  throw new RangeRefusal(`${subject} trains whole experiences, and onlineExperienceSize cuts them into pieces`);
}
