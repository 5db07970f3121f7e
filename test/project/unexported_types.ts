import { spawnSync } from "node:child_process";

/** Of TF.js, whose types are its own package's. */
const OF_TFJS: readonly string[] = [
  "ConfigDict",
  "Layer",
  "LayersModel",
  "Scalar",
  "Shape",
  "Tensor",
  "Tensor1D",
  "Tensor2D",
];

/** Machinery that is reached from a strategy or a run: its type has a name, but what it consists of has none. */
const OPAQUE: readonly string[] = [
  "AttachedOptimizer",
  "CheckpointFolder",
  "Cluster",
  "FoundCheckpoint",
  "LayerSpec",
  "LoopAttributes",
  "ModelHost",
  "RunCheckpoint",
];

/** Lists of constants, whose values the compiler spells out in declarations. */
const CONSTANT = /^(?:[A-Z][A-Z_]+|[a-z]\w*)$/;

/** Types that signatures of the module at `entry` name and that it does not export, as "user names type". */
export function listUnexportedTypes(entry: string): string[] {
  const { stdout, stderr } = spawnSync("node_modules/.bin/deno", ["doc", "--lint", entry], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  const found = `${stdout}${stderr}`.matchAll(/public type '([^']*)' references private type '(\w+)'/g);
  return [...found].flatMap(([, user = "", type = ""]) => {
    const owner = user.split(/[.[]/)[0] ?? user;
    const isFine = OF_TFJS.includes(type) || CONSTANT.test(type) || OPAQUE.includes(owner);
    return isFine ? [] : [`${user} names ${type}`];
  });
}
