import type { BaseStrategy } from "../../training/loop/base_strategy.ts";

/**
 * How many experiences came before the one that is trained, in the order of training: what a number for each experience
 * is chosen by. The pieces of an online stream belong to the experience that they were cut from. To be asked during
 * training.
 */
export function countPastExperiences({ clock, experience }: Pick<BaseStrategy, "clock" | "experience">): number {
  return clock.countPast(experience);
}
