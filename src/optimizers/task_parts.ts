import { findEntry, type ParameterLayout } from "../core/parameter_layout.ts";
import type { OptimizerSegment } from "./parameter_groups.ts";

/** Elements [start, end) of a flat vector. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * The parameters of one task in a classifier with a head for each. A step that has no sample of the task leaves them
 * alone, with their momentum and moments, and their bias corrections count their own steps: what PyTorch's optimizers
 * make of parameters that have no gradient.
 */
export interface TaskPart {
  readonly layer: string;
  readonly task: number;
  readonly ranges: readonly Range[];
}

/** The parts of these layers, whose parameters are [tasks, …] all, in order of tasks within each layer. */
export function listTaskParts(layers: readonly string[], layout: ParameterLayout): TaskPart[] {
  return layers.flatMap((layer) => {
    const entries = ["kernel", "bias"].map((name) => findEntry(layout, `${layer}/${name}`));
    const [tasks = 0] = entries[0]?.shape ?? [];
    return Array.from({ length: tasks }, (_, task) => ({
      layer,
      task,
      ranges: entries.map(({ offset, size }) => {
        const length = size / tasks;
        return { start: offset + task * length, end: offset + (task + 1) * length };
      }),
    }));
  });
}

/** Cuts segments, in order and without gaps, at the ends of parts, and numbers those of parts from 0 on. */
export function divideByTask(segments: readonly OptimizerSegment[], parts: readonly TaskPart[]): OptimizerSegment[] {
  const ranges = parts.flatMap((part, number) => part.ranges.map((range) => ({ ...range, part: number })));
  ranges.sort((a, b) => a.start - b.start);
  return segments.flatMap((segment) => {
    const pieces: OptimizerSegment[] = [];
    let at = segment.start;
    for (const { part, ...range } of ranges) {
      const [start, end] = [Math.max(range.start, segment.start), Math.min(range.end, segment.end)];
      if (start >= end) continue;
      if (at < start) pieces.push({ ...segment, start: at, end: start });
      pieces.push({ ...segment, start, end, part });
      at = end;
    }
    if (at < segment.end) pieces.push({ ...segment, start: at });
    return pieces;
  });
}
