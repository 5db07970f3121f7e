/** Options that may be given several times: a sweep trains every combination. */
export const GRID_OPTIONS = ["strategy", "benchmark", "model", "optimizer", "criterion"] as const;

/** Those without a default: each is absent unless it was given. */
type OpenOption = "criterion";

type GridOf<Value> = Readonly<
  Record<Exclude<(typeof GRID_OPTIONS)[number], OpenOption>, Value> & Partial<Record<OpenOption, Value | undefined>>
>;

/** The value of each option of the grid. */
export type GridChoice = GridOf<string>;

/** The values of each option of the grid, at least one each. */
export type SweepGrid = GridOf<readonly string[]>;
