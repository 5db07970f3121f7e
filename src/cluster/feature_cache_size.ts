/** MiB of features of frozen layers that replicas keep by default, all of them together. */
export const FEATURE_CACHE_MIB = 1024;
