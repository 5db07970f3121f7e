import { describeCause } from "../../core/errors/errors.ts";
import { NotInstalledError } from "../../core/errors/not_installed_error.ts";

/**
 * The package that decodes images, loaded by the first of them: a run on other data does without.
 * @throws {NotInstalledError} If it cannot be loaded, as its binary for this platform is an optional package.
 */
export async function loadSharp() {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    // The package's own message has a page of advice behind the first line.
    const problem = `images require the package sharp (${describeCause(cause).split("\n")[0]})`;
    throw new NotInstalledError({ problem, install: "npm install --include=optional sharp", cause });
  }
}
