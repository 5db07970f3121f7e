import { currentArena } from "../../core/shared/current_arena.ts";
import { issueCommand } from "../protocol/barrier.ts";
import { describeActivity, Phase, ReplicaWord, replicaWord, Word } from "../protocol/control_block.ts";

/** How long to sleep before looking again. */
const PATIENCE_MS = 50;

/**
 * Has the only replica bring groups of vectors from its device to shared memory, and blocks this thread until it has:
 * whoever looks at a vector needs it at once. Events of this thread wait meanwhile.
 * @param timeoutMs How long the replica may show no sign of life.
 * @throws {Error} If it fails, or falls silent.
 */
export function bringBackNow(control: Int32Array, groups: number, timeoutMs: number): void {
  control[Word.wanted] = groups;
  control[Word.phases] = Phase.bringBack;
  const sequence = issueCommand(control, 1);
  const word = (name: (typeof ReplicaWord)[keyof typeof ReplicaWord]) => Atomics.load(control, replicaWord(0, name));
  const bell = currentArena().openBell(control, Word.completions);
  let heartbeat = word(ReplicaWord.heartbeat);
  let lastSign = performance.now();
  for (;;) {
    const completions = Atomics.load(control, Word.completions);
    if (word(ReplicaWord.failed) === sequence) throw new Error("the replica failed to bring vectors back");
    if (word(ReplicaWord.finished) === sequence) return;
    bell.wait(completions, PATIENCE_MS);
    const now = performance.now();
    if (word(ReplicaWord.heartbeat) !== heartbeat) {
      heartbeat = word(ReplicaWord.heartbeat);
      lastSign = now;
    } else if (now - lastSign > timeoutMs) {
      const activity = describeActivity(word(ReplicaWord.activity));
      throw new Error(`the replica gave no sign of life for ${timeoutMs} ms while ${activity}`);
    }
  }
}
