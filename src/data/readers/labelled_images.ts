/** Images with their class ids, in shared memory. */
export interface LabelledImages {
  /** [rows, height, width, channels], 0 to 255. */
  readonly images: Uint8Array<SharedArrayBuffer>;
  /** Class ids [rows]. */
  readonly labels: Int32Array<SharedArrayBuffer>;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}
