/** Options that may be given several times: a sweep trains every combination. */
export const GRID_OPTIONS = ["strategy", "benchmark", "model", "optimizer"] as const;

/** The values of each option of the grid, at least one each. */
export type SweepGrid = Readonly<Record<(typeof GRID_OPTIONS)[number], readonly string[]>>;
