import { describeCause } from "../../../core/errors/errors.ts";
import { NotInstalledError } from "../../../core/errors/not_installed_error.ts";

/** A package that Firn can do without. */
export interface OptionalPackage {
  readonly name: string;
  /** What it is for, for messages: "the TF.js backend webgpu", say. */
  readonly purpose: string;
}

/** The packages that hold TF.js's native backends. */
export const BACKEND_PACKAGES = {
  tensorflow: { name: "@tensorflow/tfjs-node", purpose: "TF.js on libtensorflow" },
  "tensorflow-gpu": { name: "@tensorflow/tfjs-node-gpu", purpose: "TF.js on libtensorflow" },
  webgpu: { name: "@tensorflow/tfjs-backend-webgpu", purpose: "the TF.js backend webgpu" },
} as const satisfies Readonly<Record<string, OptionalPackage>>;

/**
 * Imports a package that Firn can do without. The caller says, in `Module`, what it uses of the package.
 * @throws {Error} If it cannot be imported; the message says what to install.
 */
export async function importOptionalPackage<Module>(wanted: OptionalPackage, version?: string): Promise<Module> {
  try {
    const loaded: Module = await import(wanted.name);
    return loaded;
  } catch (cause) {
    throw explainMissing(wanted, cause, version);
  }
}

/** What importing a package would fail with, where none of that name is installed. Loads nothing. */
export function findMissingPackage(wanted: OptionalPackage): NotInstalledError | undefined {
  try {
    import.meta.resolve(wanted.name);
    return undefined;
  } catch (cause) {
    return explainMissing(wanted, cause);
  }
}

function explainMissing({ name, purpose }: OptionalPackage, cause: unknown, version?: string): NotInstalledError {
  const specifier = version === undefined ? name : `${name}@${version}`;
  const problem = `${purpose} requires the package ${name} (${describeCause(cause).split("\n")[0]})`;
  return new NotInstalledError({ problem, install: `npm install ${specifier}`, cause });
}
