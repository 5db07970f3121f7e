/** Where a replica is asked which modules it has loaded. */
export const MODULES_CHANNEL = "modules of a replica";
