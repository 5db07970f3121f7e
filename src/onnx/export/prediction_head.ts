/** A vector for each class that is known, by class id. */
export type VectorsByClass = ReadonlyMap<number, Float64Array>;

/** How far below all others a class scores of which nothing is known. */
export const UNKNOWN_MARGIN = 1000;

/**
 * What an exported model puts behind its network, so that it predicts as its strategy does. Heads that score classes
 * take the features [N, F] of a layer, or the network's outputs, and give scores [N, C] in which classes without a
 * vector are `UNKNOWN_MARGIN` below all others. Those that change logits take what stands before them, [N, C].
 */
export type PredictionHead = ScoringHead | ByTaskHead | AffineHead | RectifiedHead | EnsembleHead;

/** A head that puts scores of classes in the place of what stands before it. */
export type ScoringHead = NearestMeanHead | MahalanobisHead | LinearHead | CosineHead | RandomFeaturesHead;

/** Minus the Euclidean distance of the features from each mean. */
export interface NearestMeanHead {
  readonly kind: "nearestMean";
  /** The layer whose answers are the features. */
  readonly layerName: string;
  /** [F] */
  readonly means: VectorsByClass;
  /** Whether features are brought to length 1 first; the means are used as they are. */
  readonly normalize: boolean;
}

/** Minus the squared Mahalanobis distance |W(t(x) − μ)|², with t(x) = sign(x)|x|^λ brought to length 1. */
export interface MahalanobisHead {
  readonly kind: "mahalanobis";
  readonly layerName: string;
  /** μ [F] */
  readonly means: VectorsByClass;
  /** W [F, F]: WᵀW is the inverse of the class's covariance. */
  readonly whitenings: VectorsByClass;
  /** λ */
  readonly tukeyLambda: number;
}

/** (x − centre)ᵀn + offset. */
export interface LinearHead {
  readonly kind: "linear";
  readonly layerName: string;
  /** [F] */
  readonly centre: Float64Array;
  readonly planes: ReadonlyMap<number, Plane>;
}

/** Of one class. */
export interface Plane {
  /** n [F] */
  readonly normal: Float64Array;
  readonly offset: number;
}

/** max(0, xP) · w for every class. */
export interface RandomFeaturesHead {
  readonly kind: "randomFeatures";
  readonly layerName: string;
  /** Pᵀ [M, F] */
  readonly projection: { readonly data: Float64Array; readonly rows: number; readonly columns: number };
  /** w [M] */
  readonly weights: VectorsByClass;
}

/** The product of each class's vector with the network's outputs, brought to length 1. */
export interface CosineHead {
  readonly kind: "cosine";
  /** [D], D the width of the outputs. */
  readonly prototypes: VectorsByClass;
}

/**
 * Classes of several tasks, which may share ids: a sample is compared with the classes of its own task. A sample of a
 * task without a head is compared with those of all tasks, and a class gets the best of its scores.
 */
export interface ByTaskHead {
  readonly kind: "byTask";
  /** By task label. */
  readonly heads: ReadonlyMap<number, ScoringHead>;
}

/** α·logit + β for the logits of some classes. */
export interface AffineHead {
  readonly kind: "affine";
  readonly classes: ReadonlySet<number>;
  readonly alpha: number;
  readonly beta: number;
}

/** Where the largest logit is one of the newest classes: the logarithm of a class's factor is added to its logit. */
export interface RectifiedHead {
  readonly kind: "rectified";
  readonly newest: ReadonlySet<number>;
  readonly factors: ReadonlyMap<number, number>;
}

/**
 * The network with its own parameters and with others, each class by the surer of both: the logarithm of the larger
 * probability. Stands right behind the network.
 */
export interface EnsembleHead {
  readonly kind: "ensemble";
  /** The other parameters [P], by the layout of the network's own. */
  readonly expert: Float32Array;
}

/** One head of all tasks' heads: that of the only task where there is one, and undefined where there is none. */
export function joinTaskHeads<Head extends ScoringHead>(
  heads: ReadonlyMap<number, Head>,
): Head | ByTaskHead | undefined {
  const [only, ...others] = heads.values();
  return others.length > 0 ? { kind: "byTask", heads } : only;
}

/**
 * The ids of the classes that a head scores: those of a sample's task, or of all tasks where none is given or the head
 * does not know it. In the order of the head's vectors. Undefined for a head that changes logits.
 */
export function listScoredClasses(head: PredictionHead, task?: number): readonly number[] | undefined {
  switch (head.kind) {
    case "nearestMean":
    case "mahalanobis":
      return [...head.means.keys()];
    case "linear":
      return [...head.planes.keys()];
    case "cosine":
      return [...head.prototypes.keys()];
    case "randomFeatures":
      return [...head.weights.keys()];
    case "byTask": {
      const own = task === undefined ? undefined : head.heads.get(task);
      const heads = own ? [own] : [...head.heads.values()];
      return [...new Set(heads.flatMap((one) => listScoredClasses(one) ?? []))];
    }
    case "affine":
    case "rectified":
    case "ensemble":
      return undefined;
  }
}

/** A head without its vectors, as plain data: what an exported file says of it. */
export function describeHead(head: PredictionHead): Readonly<Record<string, unknown>> {
  switch (head.kind) {
    case "nearestMean":
      return { kind: head.kind, layerName: head.layerName, normalize: head.normalize };
    case "mahalanobis":
      return { kind: head.kind, layerName: head.layerName, tukeyLambda: head.tukeyLambda };
    case "linear":
      return { kind: head.kind, layerName: head.layerName };
    case "randomFeatures":
      return { kind: head.kind, layerName: head.layerName, size: head.projection.rows };
    case "cosine":
    case "ensemble":
      return { kind: head.kind };
    case "byTask": {
      const heads = [...head.heads].map(([task, one]) => [task, describeHead(one)] as const);
      return { kind: head.kind, heads: Object.fromEntries(heads) };
    }
    case "affine":
      return { kind: head.kind, classes: [...head.classes], alpha: head.alpha, beta: head.beta };
    case "rectified":
      return { kind: head.kind, newest: [...head.newest], factors: Object.fromEntries(head.factors) };
  }
}
