import { SyntaxRefusal } from "../../core/errors/errors.ts";
import type { WantedImage } from "../decoders/decoder_spec.ts";
import type { ImageOutline } from "./decode_image.ts";
import type { WantedSize } from "./resize_image.ts";

/** What the headers of images come to: one size, and grey only if all of them are. */
export class OutlineCollector {
  readonly #imageSize: WantedSize | undefined;
  #first: (ImageOutline & { readonly subject: string }) | undefined;
  #channels: 1 | 3 = 1;

  constructor(imageSize: WantedSize | undefined) {
    this.#imageSize = imageSize;
  }

  /** @throws {SyntaxRefusal} If it has another size than the first, and none is wanted. */
  add(outline: ImageOutline, subject: string): void {
    this.#first ??= { ...outline, subject };
    if (!this.#imageSize) assertSameSize(outline, this.#first, subject);
    if (outline.channels === 3) this.#channels = 3;
  }

  /** What each of them is brought to. */
  get image(): WantedImage {
    return { imageSize: this.#imageSize, channels: this.#channels };
  }

  get sampleShape(): readonly number[] {
    const { height = 0, width = 0 } = this.#imageSize ?? this.#first ?? {};
    return [height, width, this.#channels];
  }
}

/** @throws {SyntaxRefusal} If an image has another size than the first one. */
export function assertSameSize(
  { height, width }: WantedSize,
  first: WantedSize & { readonly subject: string },
  subject: string,
): void {
  if (height === first.height && width === first.width) return;
  const wanted = `${first.width} × ${first.height} pixels as ${first.subject}, or set imageSize`;
  throw new SyntaxRefusal(`${subject}: must have ${wanted}, got ${width} × ${height}`);
}
