import { BaseStrategy } from "../../training/loop/base_strategy.ts";

/** Fine-tuning: trains on each experience as it comes and does nothing against forgetting. The lower baseline. */
export class Naive extends BaseStrategy {}

/** By the names under which a list of methods loads them. */
export { Naive as strategy };
