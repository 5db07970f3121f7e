/** What a memory may keep, by name. */
export const STORAGE_POLICIES = [
  "experience-balanced",
  "class-balanced",
  "reservoir",
  "herding",
  "closest-to-center",
] as const;

/** The name of what a memory keeps; "herding" and "closest-to-center" keep equal parts of every class. */
export type StoragePolicyName = (typeof STORAGE_POLICIES)[number];
