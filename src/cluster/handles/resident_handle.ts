import { elementAt } from "../../core/element_at.ts";
import type { DeviceTraffic } from "../../engine/device/device_memory.ts";
import { Word } from "../protocol/control_block.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import { noteHostChange, ResidentGroup, type ResidentGroupName } from "../resident/resident_group.ts";

/** Who says whether replicas work, and lets one request work at a time. */
export interface CommandTurns {
  readonly isBusy: boolean;
  attend<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * Coordinator-side handle to vectors that stay on a device: brings them to shared memory when somebody looks. Where the
 * device is the processor, nothing is ever newer there, and all of this costs a few words.
 */
export class ResidentHandle {
  readonly #group: ReplicaGroup;
  readonly #control: Int32Array;
  readonly #command: CommandTurns;
  #isReading = false;

  constructor(group: ReplicaGroup, control: Int32Array, command: CommandTurns) {
    this.#group = group;
    this.#control = control;
    this.#command = command;
  }

  /**
   * Makes sure that a group of vectors is in shared memory as it is on the device. Blocks this thread while it is
   * copied. What was looked at may be written to, so that commands take it from shared memory until one of them
   * changes it. During a command the vectors are what they were when somebody looked last.
   */
  look(name: ResidentGroupName): void {
    if (this.#command.isBusy) return;
    const group = ResidentGroup[name];
    if (elementAt(this.#control, Word.deviceChanged) & group) this.#group.bringBack(group);
    if (!this.#isReading) this.overwrite(name);
  }

  /** Has `look` look at vectors that are only read, now and at once. Returns what it returns. */
  read<Result>(look: () => Result): Result {
    this.#isReading = true;
    try {
      return look();
    } finally {
      this.#isReading = false;
    }
  }

  /** Brings all vectors to shared memory, to be read alone. */
  bringBackAll(): void {
    const changed = elementAt(this.#control, Word.deviceChanged);
    if (changed) this.#group.bringBack(changed);
  }

  /** Says that somebody writes all of a group of vectors, whatever they were. */
  overwrite(name: ResidentGroupName): void {
    noteHostChange(this.#control, name);
  }

  /** What was copied to and from the device so far; undefined where the device is the processor. */
  readTraffic(): Promise<DeviceTraffic | undefined> {
    return this.#command.attend(async () => {
      const answer = await this.#group.query({ kind: "traffic" });
      return answer.kind === "traffic" && answer.traffic ? { ...answer.traffic } : undefined;
    });
  }
}
