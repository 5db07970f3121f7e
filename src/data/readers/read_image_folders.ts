import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { assertArrayBytes } from "../../core/array_limit.ts";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { compareNaturally } from "../../core/natural_order.ts";
import { type DecodedImage, decodeImage } from "../images/decode_image.ts";
import { IMAGE_EXTENSIONS } from "../images/image_format.ts";
import { resizeImage, type WantedSize } from "../images/resize_image.ts";
import { tabulateLabels } from "./label_table.ts";
import type { LabelledSamples } from "./labelled_samples.ts";
import { readBytes } from "./read_bytes.ts";

/** How many files are decoded at a time: libvips has threads of its own. */
const DECODED_AT_ONCE = 4;

/**
 * Reads images from folders named after their classes: all grey ones give [height, width, 1], else every one is given
 * three channels.
 * @throws {SyntaxRefusal} If a file is no image, or images differ in size and none is wanted; the message names the
 *   file.
 */
export async function readImageFolders(
  path: string,
  { folders, imageSize }: { readonly folders: readonly string[]; readonly imageSize?: WantedSize | undefined },
): Promise<LabelledSamples> {
  const files: string[] = [];
  const labels: string[] = [];
  for (const folder of folders) {
    const found = await listImages(join(path, folder));
    files.push(...found);
    labels.push(...found.map(() => folder));
  }
  const images = await readImages(path, { files, imageSize });
  const { height = 0, width = 0 } = images[0] ?? {};
  const channels = images.every((image) => image.channels === 1) ? 1 : 3;
  const size = height * width * channels;
  const x = new Uint8Array(images.length * size);
  for (const [row, image] of images.entries()) x.set(addChannels(image.data, size / image.data.length), row * size);
  return { path, x, sampleShape: [height, width, channels], labels: tabulateLabels(labels, path) };
}

/** Images of one size, in the order of their files. */
async function readImages(
  path: string,
  { files, imageSize }: { readonly files: readonly string[]; readonly imageSize: WantedSize | undefined },
): Promise<DecodedImage[]> {
  const read = async (file: string): Promise<DecodedImage> => {
    const image = await decodeImage(await readBytes(file), file);
    return imageSize ? resizeImage(image, imageSize) : image;
  };
  const [firstFile, ...others] = files;
  if (firstFile === undefined) return [];
  const first = await read(firstFile);
  assertArrayBytes(path, files.length * first.data.length);
  const images = [first];
  for (let start = 0; start < others.length; start += DECODED_AT_ONCE) {
    const some = others.slice(start, start + DECODED_AT_ONCE);
    for (const [i, image] of (await Promise.all(some.map(read))).entries()) {
      if (image.height !== first.height || image.width !== first.width) {
        const wanted = `${first.width} × ${first.height} pixels as ${firstFile}, or set imageSize`;
        throw new SyntaxRefusal(`${some[i]}: must have ${wanted}, got ${image.width} × ${image.height}`);
      }
      images.push(image);
    }
  }
  return images;
}

/**
 * Repeats every value of grey images, `times` times: 1 gives them back, 3 makes them red, green and blue.
 */
export function addChannels(values: Uint8Array, times: number): Uint8Array {
  if (times === 1) return values;
  return Uint8Array.from({ length: values.length * times }, (_, i) => values[Math.floor(i / times)] ?? 0);
}

async function listImages(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith("."));
  const allowed = IMAGE_EXTENSIONS.join(", ");
  if (entries.length === 0) throw new SyntaxRefusal(`${folder}: must hold at least one image (${allowed})`);
  const inside = entries.find((entry) => entry.isDirectory());
  if (inside) {
    const got = `got the folder ${JSON.stringify(inside.name)}`;
    throw new SyntaxRefusal(`${folder}: must hold images alone, ${got}; point at a folder that lies lower`);
  }
  const names = entries.map(({ name }) => name).sort(compareNaturally);
  const astray = names.find((name) => !IMAGE_EXTENSIONS.some((extension) => extension === extname(name).toLowerCase()));
  if (astray === undefined) return names.map((name) => join(folder, name));
  throw new SyntaxRefusal(`${folder}: must hold images alone (${allowed}), got ${JSON.stringify(astray)}`);
}
