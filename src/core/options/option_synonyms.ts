/**
 * What options are called in PyTorch, Keras and Avalanche, by the key of `toComparable`, and what they are called here.
 * A name that the method at hand does not have is passed over, so one list serves all of them.
 */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  // Optimizers.
  lr: ["learningRate", "optimizer"],
  eta: ["learningRate"],
  wd: ["weightDecay"],
  l2: ["weightDecay"],
  eps: ["epsilon"],
  betas: ["beta1", "beta2"],
  rho: ["alpha"],
  lrdecay: ["learningRateDecay"],
  // Strategies and their loops.
  epochs: ["trainEpochs"],
  trainpasses: ["trainEpochs"],
  batchsize: ["trainMbSize", "batchSize"],
  mbsize: ["trainMbSize", "batchSize"],
  trainbatchsize: ["trainMbSize"],
  evalbatchsize: ["evalMbSize"],
  testbatchsize: ["evalMbSize"],
  pevalmode: ["evalMode"],
  loss: ["criterion"],
  lossfn: ["criterion"],
  logger: ["loggers"],
  randomseed: ["seed"],
  randomstate: ["seed"],
  device: ["devices", "cluster"],
  engine: ["cluster"],
  workers: ["cluster"],
  shards: ["logicalShards", "cluster"],
  // Memories.
  maxsize: ["memSize"],
  memsize: ["maxSize"],
  memorysize: ["memSize", "maxSize"],
  buffersize: ["memSize", "maxSize"],
  maxbuffersize: ["memSize", "maxSize"],
  rmsz: ["memSize"],
  buffer: ["storagePolicy"],
  memmbsize: ["batchSizeMem"],
  buffermbsize: ["batchSizeMem"],
  memorybatchsize: ["batchSizeMem"],
  patternsperexp: ["patternsPerExperience"],
  memorystrength: ["memoryStrength", "memStrength"],
  oversamplesmallgroups: ["oversampleSmallTasks"],
  oversamplesmalltasks: ["oversampleSmallGroups"],
  // Losses, penalties and distillation.
  ewclambda: ["lambda"],
  silambda: ["lambda"],
  lambdareg: ["lambda"],
  lambdae: ["lambda"],
  lamb: ["lambda"],
  reg: ["lambda"],
  ewcalpha: ["alpha"],
  gamma: ["decayFactor"],
  t: ["temperature"],
  temp: ["temperature"],
  tau: ["temperature"],
  basetemp: ["baseTemperature"],
  betacoef: ["beta"],
  decayfactorfgsm: ["decay"],
  epsilonfgsm: ["epsilon"],
  iterfgsm: ["iterations"],
  optlr: ["virtualLearningRate"],
  inclr: ["incLearningRate"],
  lralpha: ["alphaLearningRate"],
  gradclip: ["gradClipNorm", "maxNorm"],
  innersteps: ["innerBatches", "innerUpdates"],
  shrinkageparam: ["shrinkage"],
  streamingupdatesigma: ["updatesCovariance"],
  outputlayername: ["layerName"],
  lastlayername: ["layerName"],
  nameextlayer: ["layerName"],
  featureextractor: ["layerName"],
  // Models.
  classes: ["numClasses"],
  inputsize: ["inputShape"],
  hidden: ["hiddenSize", "hiddenSizes"],
  units: ["hiddenSize"],
  layers: ["hiddenLayers"],
  dropout: ["dropRate"],
  initialoutfeatures: ["initialUnits"],
  // Benchmarks and data.
  tasks: ["experiences"],
  exps: ["experiences"],
  fixedclassorder: ["classOrder"],
  classesorder: ["classOrder"],
  classesperexp: ["classesPerExperience"],
  perexpclasses: ["classesPerExperience"],
  perexperienceclasses: ["classesPerExperience"],
  classidsfromzerofromfirstexp: ["classIdsFromZeroFromFirstExperience"],
  classidsfromzeroineachexp: ["classIdsFromZeroInEachExperience"],
  minclasspatternsinexp: ["minClassPatternsInExperience"],
  fixedexpassignment: ["fixedExperienceAssignment"],
  returntaskid: ["taskLabels"],
  taskid: ["taskLabel", "taskLabels"],
  valsize: ["validationSize"],
  validsize: ["validationSize"],
  splitstrategy: ["validationSplit"],
  customsplitstrategy: ["validationSplit"],
  valpercentage: ["validationSize"],
  experiencesize: ["onlineExperienceSize"],
  balanceexperiences: ["balanced"],
  rotationslist: ["rotations"],
  datasetroot: ["folder", "path"],
  root: ["folder", "path"],
  data: ["folder", "path"],
  logdir: ["directory", "folder", "path"],
  logfolder: ["folder", "directory", "path"],
  targets: ["y"],
  labels: ["y"],
  topk: ["k"],
};

/**
 * The candidates that mean what `name` means: the same in another spelling (`mem_size` for memSize, `nExperiences`
 * for experiences), else another word of the field for it (`lr` for learningRate). At most three; none where the name
 * means nothing here.
 */
export function findFieldSynonyms(name: string, candidates: readonly string[]): string[] {
  const key = toComparable(name);
  const same = candidates.filter((candidate) => toComparable(candidate) === key);
  if (same.length > 0) return same.slice(0, 3);
  const known = Object.hasOwn(SYNONYMS, key) ? (SYNONYMS[key] ?? []) : [];
  return known.filter((synonym) => candidates.includes(synonym)).slice(0, 3);
}

/** Without case, "_" and "-", and without the "n" or "num" before a count. */
function toComparable(name: string): string {
  return name
    .replace(/^(?:n|num)(?=[A-Z_])/, "")
    .replaceAll(/[_-]/g, "")
    .toLowerCase();
}
