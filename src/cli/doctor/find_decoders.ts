import { NotInstalledError } from "../../core/errors/not_installed_error.ts";
import { loadSharp } from "../../data/images/load_sharp.ts";
import type { Finding } from "./finding.ts";

/** Loads what decodes images: its binary depends on the platform. */
export async function findDecoders(): Promise<Finding[]> {
  const what = { group: "decoder", name: "images" } as const;
  try {
    const { versions } = await loadSharp();
    return [{ ...what, isThere: true, detail: `sharp ${versions.sharp}, libvips ${versions.vips}` }];
  } catch (error) {
    if (!(error instanceof NotInstalledError)) throw error;
    return [{ ...what, isThere: false, detail: error.problem, install: error.install }];
  }
}
