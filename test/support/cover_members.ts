/**
 * What of a list a test goes through: all of it in Bun, half of it in Deno. What a method or a case decides is the
 * same program in both; what a runtime decides (threads, shared memory, files, numbers) does not depend on the member.
 * Two of four stay, the first and the fourth, as a strategy and its plugin often stand beside one another.
 */
export function coverMembers<Member>(members: readonly Member[]): Member[] {
  return members.filter((_member, i) => !("Deno" in globalThis) || i % 4 === 0 || i % 4 === 3);
}

/** How many workers a test compares: one differs from two in its shards alone, and Bun has it tried everywhere. */
export const WORKER_COUNTS: readonly number[] = "Deno" in globalThis ? [0, 2] : [0, 1, 2];
