/** The folders that know nothing of the loop. */
const BELOW_TRAINING = [
  "core",
  "kernels",
  "data",
  "streams",
  "memory",
  "evaluation",
  "onnx",
  "engine",
  "models",
  "optimizers",
  "cluster",
] as const;

/**
 * Which folders of src a folder may import from, types included; each may import from itself. `workers` stands
 * beside src. Files directly in src (the public surface) may import from every folder but cli.
 */
export const ALLOWED_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  kernels: ["core"],
  data: ["core"],
  streams: ["core", "data"],
  memory: ["core", "data", "streams"],
  evaluation: ["core", "data", "streams"],
  onnx: ["core"],
  engine: ["core", "onnx"],
  models: ["core", "onnx", "engine"],
  optimizers: ["core", "kernels"],
  cluster: ["core", "kernels", "data", "onnx", "engine", "optimizers"],
  workers: ["core", "data", "cluster", "report", "serving"],
  training: BELOW_TRAINING,
  methods: [...BELOW_TRAINING, "training"],
  runs: [...BELOW_TRAINING, "training"],
  saving: [...BELOW_TRAINING, "training", "methods", "runs"],
  report: ["core", "evaluation", "runs"],
  web: ["core", "report"],
  serving: ["core", "data", "onnx", "engine", "cluster", "runs", "report", "web"],
  cli: [...BELOW_TRAINING, "training", "methods", "runs", "report", "web", "serving"],
  "": [...BELOW_TRAINING, "training", "methods", "runs", "saving", "report", "serving"],
};

/** The folder of src that holds `path` ("src/core/vector.ts" → "core"); "workers" for workers, "" for src itself. */
export function folderOf(path: string): string {
  const [top, folder, ...rest] = path.split("/");
  if (top === "workers") return "workers";
  return rest.length > 0 ? (folder ?? "") : "";
}
