import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { assertArrayBytes } from "../../core/array_limit.ts";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { compareNaturally } from "../../core/natural_order.ts";
import { type DecodedImage, decodeImage, readImageOutline } from "../images/decode_image.ts";
import { IMAGE_EXTENSIONS } from "../images/image_format.ts";
import { assertSameSize, OutlineCollector, type SizeChoice } from "../images/outline_collector.ts";
import { addChannels } from "../images/prepare_image.ts";
import { resizeImage } from "../images/resize_image.ts";
import { tabulateLabels } from "./label_table.ts";
import type { LabelledSamples, PendingSamples } from "./labelled_samples.ts";
import { settleLocated } from "./load_located.ts";
import { readBytes } from "./read_bytes.ts";

/** How many files are decoded at a time: libvips has threads of its own. */
const DECODED_AT_ONCE = 4;

/** How many headers are read at a time. */
const OUTLINED_AT_ONCE = 16;

/** Folders of images, and what they are brought to. */
export interface ImageFolders extends SizeChoice {
  /** Named after classes. */
  readonly folders: readonly string[];
}

/**
 * Images in folders named after their classes: all grey ones give [height, width, 1], else every one is given three
 * channels. Reads the first alone.
 * @throws {SyntaxRefusal} If it is no image, or a folder holds something else; the message names the file. So do those
 *   that the result throws, where a file is no image, or images differ in size and none is wanted.
 */
export async function readImageFolders(
  path: string,
  { folders, imageSize, keepsSizes = false }: ImageFolders,
): Promise<PendingSamples> {
  const files: string[] = [];
  const names: string[] = [];
  for (const folder of folders) {
    const found = await listImages(join(path, folder));
    files.push(...found);
    names.push(...found.map(() => folder));
  }
  const labels = tabulateLabels(names, path);
  if (keepsSizes && !imageSize) {
    const located = { ...(await locateImages(path, { files, keepsSizes })), labels };
    return settleLocated(located);
  }
  const [first = ""] = files;
  const decoded = await decodeImage(await readBytes(first), first);
  const { height, width } = imageSize ?? decoded;
  return {
    path,
    bytes: files.length * height * width * 3,
    load: async () => ({ ...(await loadImages(path, { files, imageSize })), labels }),
    locate: async () => ({ ...(await locateImages(path, { files, imageSize })), labels }),
  };
}

/** Files of images, and the size that they are brought to. */
interface ImageFiles extends SizeChoice {
  readonly files: readonly string[];
}

async function loadImages(path: string, { files, imageSize }: ImageFiles): Promise<Omit<LabelledSamples, "labels">> {
  const images = await readImages(path, { files, imageSize });
  const { height = 0, width = 0 } = images[0] ?? {};
  const channels = images.every((image) => image.channels === 1) ? 1 : 3;
  const size = height * width * channels;
  const x = new Uint8Array(images.length * size);
  for (const [row, image] of images.entries()) x.set(addChannels(image.data, size / image.data.length), row * size);
  return { path, x, sampleShape: [height, width, channels] };
}

/** Reads the headers of all files, so that what is no image is known before a run begins. */
async function locateImages(path: string, { files, ...choice }: ImageFiles): Promise<Omit<LabelledSamples, "labels">> {
  const digest = createHash("sha256");
  const outlines = new OutlineCollector(choice);
  for (let start = 0; start < files.length; start += OUTLINED_AT_ONCE) {
    const some = files.slice(start, start + OUTLINED_AT_ONCE);
    const found = await Promise.all(
      some.map(async (file) => ({ file, outline: await readImageOutline(file, file), ...(await measure(file)) })),
    );
    for (const { file, outline, size } of found) {
      outlines.add(outline, file);
      digest.update(`${relative(path, file)}\0${size}\n`);
    }
  }
  const { image, sampleShape, imageSizes } = outlines;
  const located = { spec: { kind: "imageFiles", files, image } as const, digest: digest.digest("hex") };
  return { path, x: new Uint8Array(0), located, sampleShape, imageSizes };
}

async function measure(file: string): Promise<{ readonly size: number }> {
  const { size } = await stat(file);
  return { size };
}

/** Images of one size, in the order of their files. */
async function readImages(path: string, { files, imageSize }: ImageFiles): Promise<DecodedImage[]> {
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
      assertSameSize(image, { ...first, subject: firstFile }, some[i] ?? "");
      images.push(image);
    }
  }
  return images;
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
