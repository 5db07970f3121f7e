import { describeCause } from "../../../core/errors/errors.ts";
import { NotInstalledError } from "../../../core/errors/not_installed_error.ts";

/**
 * Imports a package that Firn can do without. The caller says, in `Module`, what it uses of the package.
 * @param purpose What it is for, for the message: "the TF.js backend webgpu", say.
 * @throws {Error} If it cannot be imported; the message says what to install.
 */
export async function importOptionalPackage<Module>(name: string, purpose: string, version?: string): Promise<Module> {
  try {
    const loaded: Module = await import(name);
    return loaded;
  } catch (cause) {
    const specifier = version === undefined ? name : `${name}@${version}`;
    const problem = `${purpose} requires the package ${name} (${describeCause(cause).split("\n")[0]})`;
    throw new NotInstalledError({ problem, install: `npm install ${specifier}`, cause });
  }
}
