import type * as tf from "@tensorflow/tfjs";
import { RangeRefusal } from "../../core/errors/errors.ts";
import { listGrowingHeads } from "../../models/growth/growing_head.ts";
import { takeTopology } from "../../models/take_topology.ts";
import type { Experience } from "../../streams/experience.ts";

/**
 * Checks the tasks of an experience against the model: a progressive network grows by a column a task.
 * @throws {RangeRefusal} If the model takes one task at a time and the experience has several.
 */
export function assertTasks({ model }: { readonly model: tf.LayersModel }, experience: Experience): void {
  const { taskLabels, currentExperience, originStream } = experience;
  if (taskLabels.length < 2 || !listGrowingHeads(takeTopology(model)).some(({ kind }) => kind === "progressive"))
    return;
  const subject = `experience ${currentExperience} of the stream ${JSON.stringify(originStream.name)}`;
  throw new RangeRefusal(
    `${subject} has the task labels ${taskLabels.join(", ")}, and a progressive network learns one task at a time`,
  );
}
