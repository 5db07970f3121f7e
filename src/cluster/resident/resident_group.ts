import { elementAt } from "../../core/element_at.ts";
import { Word } from "../protocol/control_block.ts";

/**
 * The vectors that may stay on a device, as bits of the words `hostChanged` and `deviceChanged` of the control block.
 */
export const ResidentGroup = { parameters: 1, gradient: 2, optimizer: 4, penalties: 8 } as const;

/** All of them. */
export const ALL_GROUPS = 15;

/** The name of a group of vectors that the coordinator looks at. */
export type ResidentGroupName = keyof typeof ResidentGroup;

/** Says that all of a group of vectors is newer in shared memory, from the next command on. */
export function noteHostChange(control: Int32Array, name: ResidentGroupName): void {
  const group = ResidentGroup[name];
  control[Word.deviceChanged] = elementAt(control, Word.deviceChanged) & ~group;
  control[Word.hostChanged] = elementAt(control, Word.hostChanged) | group;
}
