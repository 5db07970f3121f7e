/** What package-lock.json says of a package, as far as its licence is concerned. */
export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  /** The package's name, where it is not that of its folder. */
  readonly name?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A row of the page. */
interface LicenceRow {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

const HEAD = `# Licences

Firn is under the [MIT licence](../LICENSE). npm or Bun install it with the packages below. None of them is
copied into this repository. \`bun scripts/write_licences.ts\` writes the table from \`package-lock.json\`, and a test compares it with
the lock and with what is installed. It includes packages for other platforms, and no development tools.

- **MPL-2.0**: \`@resvg/resvg-wasm\` turns figures into PNG. It is used as published. Changes to its own files would have to be
  published under the same licence.
- **LGPL-3.0-or-later**: \`@img/sharp-libvips-…\` is libvips, a shared library that \`sharp\` loads; on Windows and as WebAssembly it is part of
  \`@img/sharp-…\`. It is used as published. Anyone who distributes it must let others replace it.
- **Fonts**: \`dejavu-fonts-ttf\` is under the licence of Bitstream Vera, with changes in the public domain. Its files may not be sold alone.
- \`@tensorflow/tfjs-node\` and \`@tensorflow/tfjs-node-gpu\` are optional (Apache-2.0).

Binary packages (Bun, Deno, onnxruntime, libvips) contain other libraries. Their notices are in the packages and in their projects.
`;

/** The whole page docs/licences.md. @param packages Those of package-lock.json, by folder. */
export function formatLicencePage(packages: Readonly<Record<string, LockedPackage>>): string {
  const rows = listRuntimePackages(packages);
  const counts = new Map<string, number>();
  for (const { licence } of rows) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const summary = [...counts].sort((a, b) => b[1] - a[1]).map(([licence, count]) => `| ${licence} | ${count} |\n`);
  const table = rows.map(({ name, version, licence }) => `| \`${name}\` | ${version} | ${licence} |\n`);
  return `${HEAD}
| licence | packages |
|---|---|
${summary.join("")}
| package | version | licence |
|---|---|---|
${table.join("")}`;
}

/** What is installed to run, without what is only there to develop; by name, each version once. */
function listRuntimePackages(packages: Readonly<Record<string, LockedPackage>>): LicenceRow[] {
  const rows = Object.entries(packages)
    .filter(([folder, { dev }]) => folder !== "" && !dev)
    .map(([folder, { name = nameOfFolder(folder), version = "", license: licence = "" }]) => ({
      name,
      version,
      licence,
    }));
  const byKey = new Map(rows.map((row) => [`${row.name}@${row.version}`, row]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** "node_modules/a/node_modules/@b/c" is where "@b/c" lies. */
export function nameOfFolder(folder: string): string {
  return folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
}
