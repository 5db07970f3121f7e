/** Decodes the image files that it is sent, and answers with what came of each. */
import { decodeImage } from "../../src/data/images/decode_image.ts";

declare const self: {
  onmessage: ((event: MessageEvent<Uint8Array>) => void) | null;
  postMessage(message: unknown): void;
};

self.onmessage = async ({ data }) => {
  self.postMessage(await decodeImage(data, "a.png").catch((error: unknown) => String(error)));
};
