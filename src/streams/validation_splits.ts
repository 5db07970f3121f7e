/** The names of the two ways, the default first. */
export const VALIDATION_SPLITS = ["class-balanced", "random"] as const;

/** How a share is drawn from an experience: the same of every class, or of all samples whatever their class. */
export type ValidationSplit = (typeof VALIDATION_SPLITS)[number];
