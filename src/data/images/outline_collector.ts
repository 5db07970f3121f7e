import { SyntaxRefusal } from "../../core/errors/errors.ts";
import type { WantedImage } from "../decoders/decoder_spec.ts";
import type { ImageOutline } from "./decode_image.ts";
import type { WantedSize } from "./resize_image.ts";

/** What becomes of the sizes of images. */
export interface SizeChoice {
  readonly imageSize?: WantedSize | undefined;
  /** True lets images keep sizes of their own: transforms bring them to one. Default: false. */
  readonly keepsSizes?: boolean | undefined;
}

/** What the headers of images come to: one size, or those of each; and grey only if all of them are. */
export class OutlineCollector {
  readonly #choice: SizeChoice;
  #first: (ImageOutline & { readonly subject: string }) | undefined;
  #channels: 1 | 3 = 1;
  readonly #sizes: number[] = [];
  #pixels = 0;
  #isVaried = false;

  constructor(choice: SizeChoice) {
    this.#choice = choice;
  }

  /** @throws {SyntaxRefusal} If it has another size than the first, and none is wanted. */
  add(outline: ImageOutline, subject: string): void {
    const first = this.#first ?? { ...outline, subject };
    this.#first = first;
    const { imageSize, keepsSizes } = this.#choice;
    if (!imageSize && !keepsSizes) assertSameSize(outline, first, subject);
    if (outline.channels === 3) this.#channels = 3;
    this.#isVaried ||= outline.height !== first.height || outline.width !== first.width;
    this.#sizes.push(outline.height, outline.width);
    this.#pixels = Math.max(this.#pixels, outline.height * outline.width);
  }

  /** What each of them is brought to. */
  get image(): WantedImage {
    const image = { imageSize: this.#choice.imageSize, channels: this.#channels };
    return this.imageSizes ? { ...image, pixels: this.#pixels, sizes: this.imageSizes } : image;
  }

  /** Height and width of each [rows, 2], where they differ and stay so. */
  get imageSizes(): Int32Array | undefined {
    return this.#isVaried && !this.#choice.imageSize ? Int32Array.from(this.#sizes) : undefined;
  }

  /** Of images; where they differ, of rows that have room for the largest: [pixels, 1, channels]. */
  get sampleShape(): readonly number[] {
    if (this.imageSizes) return [this.#pixels, 1, this.#channels];
    const { height = 0, width = 0 } = this.#choice.imageSize ?? this.#first ?? {};
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
