import { isOnlineExperience } from "../streams/online_experience.ts";
import type { BaseStrategy } from "./base_strategy.ts";

/**
 * How many experiences came before the one that is trained: what a number for each experience is chosen by. The pieces
 * of an online stream belong to the experience that they were cut from.
 */
export function countPastExperiences({ clock, experience }: Pick<BaseStrategy, "clock" | "experience">): number {
  return isOnlineExperience(experience) ? experience.originExperience.currentExperience : clock.trainExpCounter;
}
