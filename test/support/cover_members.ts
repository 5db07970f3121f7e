import process from "node:process";

/**
 * Whether this is the whole check, which goes through all of a list in Bun and through half of it in Deno. What a
 * method or a case decides is the same program in both; what a runtime decides (threads, shared memory, files, numbers)
 * does not depend on the member. `deno task test` alone, and `bun run check --all`, go through all of it.
 */
const isHalved = "Deno" in globalThis && process.env.FIRN_TESTS === "halved";

/**
 * What of a list a test goes through: two of four, the first and the fourth, as a strategy and its plugin often stand
 * beside one another.
 */
export function coverMembers<Member>(members: readonly Member[]): Member[] {
  return members.filter((_member, i) => !isHalved || i % 4 === 0 || i % 4 === 3);
}

/** How many workers a test compares: one differs from two in its shards alone, and Bun has it tried everywhere. */
export const WORKER_COUNTS: readonly number[] = isHalved ? [0, 2] : [0, 1, 2];
