/** The names there are, the default first. */
export const COMPATIBILITIES = ["paper", "avalanche"] as const;

/**
 * Whose mathematics a method follows where they differ: its paper's, or Avalanche's, on which its published baselines
 * rest. Each method says what that changes.
 */
export type Compatibility = (typeof COMPATIBILITIES)[number];
