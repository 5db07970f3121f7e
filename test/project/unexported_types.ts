import { spawnSync } from "node:child_process";
import { z } from "zod";

/** Machinery that is reached from a strategy or a run: its type has a name, but what it consists of has none. */
const OPAQUE: readonly string[] = [
  "AttachedOptimizer",
  "CheckpointFolder",
  "Cluster",
  "FoundCheckpoint",
  "LayerSpec",
  "LoopAttributes",
  "ModelHolder",
  "RunCheckpoint",
  "RunDirectory",
  "StrategyConfiguration",
  "TrainingProgress",
  "TrainingRun",
];

/** What `deno doc --json` says of a module, as far as it is read here. */
const docSchema = z.object({
  nodes: z.record(
    z.string(),
    z.object({
      symbols: z.array(
        z.object({
          name: z.string(),
          declarations: z.array(z.looseObject({ declarationKind: z.string() })),
        }),
      ),
    }),
  ),
});

/** A type that is named in a declaration, and where its name comes from. */
const referenceSchema = z.object({
  typeName: z.string(),
  resolution: z.object({ kind: z.enum(["local", "import"]), specifier: z.string().optional() }),
});

/** Types of ours that signatures in the modules at `entries` name and none of these exports, as "user names type". */
export function listUnexportedTypes(entries: readonly string[]): string[] {
  const { stdout } = spawnSync("node_modules/.bin/deno", ["doc", "--json", ...entries], {
    encoding: "utf8",
    maxBuffer: 100_000_000,
  });
  const symbols = Object.values(docSchema.parse(JSON.parse(stdout)).nodes).flatMap((module) => module.symbols);
  const exported = symbols.flatMap(({ name, declarations }) => {
    const own = declarations.filter(({ declarationKind }) => declarationKind === "export");
    return own.length > 0 ? [{ name, types: listTypes(own) }] : [];
  });
  const names = new Set(exported.map(({ name }) => name));
  return exported
    .filter(({ name }) => !OPAQUE.includes(name))
    .flatMap(({ name, types }) => [...types].filter((type) => !names.has(type)).map((type) => `${name} names ${type}`));
}

/** Names of the types, declared in files of ours, that stand anywhere in `value`. */
function listTypes(value: unknown): Set<string> {
  if (typeof value !== "object" || value === null) return new Set();
  const { data } = referenceSchema.safeParse(value);
  const { kind, specifier = "" } = data?.resolution ?? {};
  // What TF.js's modules export has names there.
  const isOurs = kind === "local" || (specifier.startsWith(".") && !specifier.endsWith("/tensorflow.ts"));
  const inside = Object.values(value).flatMap((part) => [...listTypes(part)]);
  return new Set(data && isOurs ? [data.typeName, ...inside] : inside);
}
