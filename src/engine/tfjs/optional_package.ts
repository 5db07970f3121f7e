import { RefusalError } from "../../core/errors.ts";
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
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : cause;
    throw new RefusalError(`Cannot load ${purpose}: wanted ${name}, try "npm install ${specifier}", got ${reason}`, {
      cause,
    });
  }
}
