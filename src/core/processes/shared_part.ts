import type { SegmentName } from "./segment.ts";

/** What stands for shared memory in a message to another process: a memory, or a view of one. */
export type SharedPart = { readonly kind: "memory"; readonly segment: SegmentName } | ViewPart;

/** What stands for a view. */
export interface ViewPart {
  readonly kind: "view";
  /** Undefined where the view is empty. */
  readonly segment: SegmentName | undefined;
  readonly type: ArrayName;
  readonly byteOffset: number;
  readonly length: number;
}

type ArrayName = "Float32Array" | "Float64Array" | "Int32Array" | "Uint8Array";

/** Arrays that may lie in shared memory. */
export type SharedView =
  | Float32Array<SharedArrayBuffer>
  | Float64Array<SharedArrayBuffer>
  | Int32Array<SharedArrayBuffer>
  | Uint8Array<SharedArrayBuffer>;

const KINDS = [Float32Array, Float64Array, Int32Array, Uint8Array] as const;

/** Whether a value is one of these, in shared memory. */
export function isSharedView(value: unknown): value is SharedView {
  return KINDS.some((kind) => value instanceof kind && value.buffer instanceof SharedArrayBuffer);
}

/** Describes a view of a segment. */
export function describeView(view: SharedView, segment: SegmentName | undefined): ViewPart {
  return { kind: "view", segment, type: nameType(view), byteOffset: view.byteOffset, length: view.length };
}

/** A view such as was described. @param buffer The segment's in this process. */
export function openView({ type, byteOffset, length }: ViewPart, buffer: SharedArrayBuffer): SharedView {
  switch (type) {
    case "Float32Array":
      return new Float32Array(buffer, byteOffset, length);
    case "Float64Array":
      return new Float64Array(buffer, byteOffset, length);
    case "Int32Array":
      return new Int32Array(buffer, byteOffset, length);
    case "Uint8Array":
      return new Uint8Array(buffer, byteOffset, length);
  }
}

function nameType(view: SharedView): ArrayName {
  if (view instanceof Float32Array) return "Float32Array";
  if (view instanceof Float64Array) return "Float64Array";
  return view instanceof Int32Array ? "Int32Array" : "Uint8Array";
}
