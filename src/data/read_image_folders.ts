import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { cannot, SyntaxRefusal } from "../core/errors.ts";
import { compareNaturally } from "../core/natural_order.ts";
import { type DecodedImage, decodeImage } from "./decode_image.ts";
import type { LabelledSamples } from "./labelled_samples.ts";
import { readBytes } from "./read_bytes.ts";
import { resizeImage, type WantedSize } from "./resize_image.ts";

const EXTENSIONS = [".png", ".jpg", ".jpeg"];

/**
 * Reads images from folders named after their classes: all grey ones give [height, width, 1], else every one is given
 * three channels.
 * @throws {SyntaxError} If a file is no image, or images differ in size and none is wanted; the message names the file.
 */
export async function readImageFolders(
  path: string,
  { folders, imageSize }: { readonly folders: readonly string[]; readonly imageSize?: WantedSize | undefined },
): Promise<LabelledSamples> {
  const images: DecodedImage[] = [];
  const labels: string[] = [];
  let first: { readonly file: string; readonly height: number; readonly width: number } | undefined;
  for (const folder of folders) {
    for (const file of await listImages(join(path, folder))) {
      const act = `read ${JSON.stringify(file)}`;
      const decoded = await decodeImage(await readBytes(file, act), act);
      const image = imageSize ? resizeImage(decoded, imageSize) : decoded;
      first ??= { file, height: image.height, width: image.width };
      if (image.height !== first.height || image.width !== first.width) {
        const wanted = `an image of ${first.width} × ${first.height} as ${JSON.stringify(first.file)}, or the option imageSize`;
        throw new SyntaxRefusal(cannot(act, wanted, `${image.width} × ${image.height}`));
      }
      images.push(image);
      labels.push(folder);
    }
  }
  const { height = 0, width = 0 } = first ?? {};
  const channels = images.every((image) => image.channels === 1) ? 1 : 3;
  const size = height * width * channels;
  const x = new Uint8Array(images.length * size);
  for (const [row, image] of images.entries()) x.set(addChannels(image.data, size / image.data.length), row * size);
  return { path, x, sampleShape: [height, width, channels], labels };
}

/**
 * Repeats every value of grey images, `times` times: 1 gives them back, 3 makes them red, green and blue.
 */
export function addChannels(values: Uint8Array, times: number): Uint8Array {
  if (times === 1) return values;
  return Uint8Array.from({ length: values.length * times }, (_, i) => values[Math.floor(i / times)] ?? 0);
}

async function listImages(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith(".")).sort(compareNaturally);
  const act = `read the images in ${JSON.stringify(folder)}`;
  if (names.length === 0) throw new SyntaxRefusal(cannot(act, "at least one PNG or JPEG image", "an empty folder"));
  const astray = names.find((name) => !EXTENSIONS.includes(extname(name).toLowerCase()));
  if (astray !== undefined) throw new SyntaxRefusal(cannot(act, `only files in ${EXTENSIONS.join(", ")}`, astray));
  return names.map((name) => join(folder, name));
}
