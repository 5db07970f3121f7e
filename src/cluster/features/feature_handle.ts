import { elementAt } from "../../core/element_at.ts";
import { countElements } from "../../core/host_tensor.ts";
import { createSharedFloat32, createSharedInt32 } from "../../core/shared/shared_memory.ts";
import type { DataSource } from "../../data/data_source.ts";
import type { Dataset } from "../../data/dataset.ts";
import { identifySource } from "../../data/identify_source.ts";
import { findHorizon } from "../../data/store/await_samples.ts";
import { noteNeedlessRows } from "../../data/store/needless_rows.ts";
import type { EngineModel } from "../../engine/create_engine.ts";
import {
  ABSENT,
  createFeatureCounts,
  type FeatureSource,
  FeatureWord,
  type SharedFeatures,
} from "../../engine/feature_cache/shared_features.ts";
import type { FrozenPart } from "../../onnx/topology/find_frozen_part.ts";
import type { ResolvedClusterOptions } from "../cluster_options.ts";
import type { ComputeRequest } from "../compute_request.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import { FeatureFile } from "./feature_file.ts";
import type { FeaturePlan } from "./feature_plan.ts";
import { hashFrozenPart, listFrozenLayers, listFrozenState } from "./hash_frozen_part.ts";

type FeatureOptions = Pick<ResolvedClusterOptions, "devices" | "cuda" | "featureCacheBytes" | "featureCacheFolder">;

interface WatchedFeatures extends FeatureOptions, Pick<ResolvedClusterOptions, "onFeatures"> {}

type FrozenEngineModel = Extract<EngineModel, { kind: "onnxruntime" }> & { readonly frozenPart: FrozenPart };

interface OpenedFile {
  readonly file: FeatureFile;
  readonly places: FeatureSource["places"];
}

/** Sources whose features are known at a time: programs that go on learning make one of whatever comes in. */
const MOST_SOURCES = 256;

const MIN_SEGMENT_BYTES = 2 ** 24;

const MOST_SEGMENTS = 64;

/** What is full stays for as long as it has one of so many rows that are asked for, over two epochs. */
const FOUND_SHARE = 5;

/** Whether what frozen layers give is kept at all. */
export function keepsFeatures({ featureCacheBytes, featureCacheFolder }: FeatureOptions): boolean {
  return featureCacheBytes > 0 || featureCacheFolder !== undefined;
}

/**
 * Coordinator-side handle to the features of samples: gives them memory or files before a command, and forgets them
 * when frozen weights were changed from outside.
 */
export class FeatureHandle {
  readonly #group: ReplicaGroup;
  readonly #options: FeatureOptions;
  #model: FrozenEngineModel | undefined;
  #frozen: readonly { readonly offset: number; readonly size: number }[] = [];
  #layers = "";
  #fingerprint = Number.NaN;
  /** Of the frozen part, once a file is named after it. */
  #hash: string | undefined;
  #counts: SharedFeatures["counts"];
  #segments: Float32Array<SharedArrayBuffer>[] = [];
  readonly #sources = new Map<number, FeatureSource>();
  /** By what they are known by: several sources may be of the same samples. */
  readonly #files = new Map<string, OpenedFile>();
  /** What was counted when the last segment was full. */
  #full: FeatureHandle["counts"] | undefined;
  #isSent = false;

  constructor(group: ReplicaGroup, model: EngineModel, options: WatchedFeatures) {
    this.#group = group;
    this.#options = options;
    this.#counts = createFeatureCounts();
    this.#take(model);
    if (this.plan) options.onFeatures(this.plan);
  }

  /** What is computed once a sample; undefined where nothing is. */
  get plan(): FeaturePlan | undefined {
    if (!this.#model) return undefined;
    const { layerName, shape } = this.#model.frozenPart;
    const { featureCacheBytes, featureCacheFolder } = this.#options;
    const place = featureCacheFolder === undefined ? { maxBytes: featureCacheBytes } : { folder: featureCacheFolder };
    return { layerName, shape, bytesPerSample: countElements(shape) * Float32Array.BYTES_PER_ELEMENT, place };
  }

  /** How many rows were found so far, and how many were computed. */
  get counts(): { readonly found: number; readonly computed: number } {
    return {
      found: elementAt(this.#counts, FeatureWord.found),
      computed: elementAt(this.#counts, FeatureWord.computed),
    };
  }

  /**
   * Makes room for the samples of a command.
   * @param state The layer state [Q] that it is computed with.
   * @throws {RefusalError} If a file cannot be used; the message names it.
   */
  async prepare({ samples, augmentation = 0 }: ComputeRequest, state: Float32Array): Promise<void> {
    if (!this.#model) return;
    const fingerprint = this.#measure(state);
    if (fingerprint !== this.#fingerprint) {
      await this.#forget();
      this.#fingerprint = fingerprint;
    }
    const isNew = ({ id, isScratch, ...source }: DataSource) =>
      !this.#sources.has(id) && !isScratch && !(augmentation > 0 && (source.augmentation || source.imageTransforms));
    const added = [...samples.sources.values()].filter(isNew);
    const isTooMany = added.length > 0 && this.#sources.size + added.length > MOST_SOURCES;
    if (isTooMany && this.#sources.size > 0) {
      await this.#forget();
      // Those of this command that were known are new again.
      added.splice(0, added.length, ...[...samples.sources.values()].filter(isNew));
    }
    for (const source of added) await this.#add(source, state);
    if (this.#options.featureCacheFolder === undefined) this.#makeRoom(samples);
    if (this.#isSent) return;
    const { rowsPerSegment, width } = this.#sizes;
    const [segments, sources] = [[...this.#segments], [...this.#sources.values()]];
    const features = { width, rowsPerSegment, segments, counts: this.#counts, sources };
    await this.#group.send({ kind: "setFeatures", features });
    this.#isSent = true;
  }

  /** The replicas compute another model from now on; what the same frozen layers give stays known. */
  async changeModel(model: EngineModel): Promise<void> {
    const before = this.#layers;
    this.#take(model);
    if (this.#layers !== before) await this.#forget();
    // Their engines are new.
    this.#isSent = false;
  }

  /** Leaves files for later runs. The replicas have ended. */
  async close(): Promise<void> {
    this.#model = undefined;
    await this.#forget();
  }

  get #sizes() {
    const width = countElements(this.#model?.frozenPart.shape ?? []);
    const rowBytes = width * Float32Array.BYTES_PER_ELEMENT;
    const { featureCacheBytes } = this.#options;
    const segmentBytes = Math.max(MIN_SEGMENT_BYTES, Math.ceil(featureCacheBytes / MOST_SEGMENTS));
    const capacity = Math.floor(featureCacheBytes / rowBytes);
    return { width, capacity, rowsPerSegment: Math.max(1, Math.min(capacity, Math.floor(segmentBytes / rowBytes))) };
  }

  #take(model: EngineModel): void {
    const frozenPart = model.kind === "onnxruntime" && keepsFeatures(this.#options) ? model.frozenPart : undefined;
    this.#model = model.kind === "onnxruntime" && frozenPart ? { ...model, frozenPart } : undefined;
    this.#frozen = frozenPart && model.kind === "onnxruntime" ? listFrozenState(model.spec, frozenPart) : [];
    const names = frozenPart && model.kind === "onnxruntime" ? listFrozenLayers(model.spec, frozenPart) : [];
    this.#layers = JSON.stringify([frozenPart?.layerName, frozenPart?.shape, names.map(({ name }) => name)]);
    this.#hash = undefined;
  }

  async #add(source: DataSource, state: Float32Array): Promise<void> {
    const opened = await this.#openFile(source, state);
    const places = opened?.places ?? createSharedInt32(source.y.length);
    this.#sources.set(source.id, { sourceId: source.id, places, ...(opened ? { file: opened.file.place } : {}) });
    noteNeedlessRows(source, places);
    this.#isSent = false;
  }

  async #openFile(source: DataSource, state: Float32Array): Promise<OpenedFile | undefined> {
    const { featureCacheFolder: folder } = this.#options;
    if (folder === undefined || !this.#model) return undefined;
    this.#hash ??= hashFrozenPart({ ...this.#model, options: this.#options, state });
    const key = `${this.#hash.slice(0, 24)}-${(await identifySource(source)).slice(0, 24)}`;
    const known = this.#files.get(key);
    if (known) return known;
    const places = createSharedInt32(source.y.length);
    const table = { key, rows: source.y.length, width: this.#sizes.width };
    const opened = { file: await FeatureFile.open(folder, table, places), places };
    this.#files.set(key, opened);
    return opened;
  }

  /** Another segment, as long as there may be one; else all is forgotten once too little of it is of use. */
  #makeRoom({ length, sources }: Dataset): void {
    const { capacity, rowsPerSegment, width } = this.#sizes;
    const own = this.#segments.length * rowsPerSegment;
    const given = Math.min(elementAt(this.#counts, FeatureWord.places), own);
    this.#counts[FeatureWord.places] = given;
    if (given + length <= own) return;
    if (own + rowsPerSegment <= capacity) {
      this.#segments.push(createSharedFloat32(rowsPerSegment * width));
      this.#isSent = false;
      return;
    }
    if (given < own) return;
    const { found, computed } = this.counts;
    this.#full ??= { found, computed };
    const [foundNow, computedNow] = [found - this.#full.found, computed - this.#full.computed];
    const horizon = findHorizon(sources) ?? length;
    if (foundNow + computedNow < 2 * horizon) return;
    this.#full = undefined;
    if (foundNow * FOUND_SHARE >= foundNow + computedNow) return;
    for (const { places } of this.#sources.values()) places.fill(ABSENT);
    this.#counts[FeatureWord.places] = 0;
  }

  async #forget(): Promise<void> {
    const [files, sources] = [[...this.#files.values()], [...this.#sources.values()]];
    this.#sources.clear();
    this.#files.clear();
    this.#segments = [];
    this.#counts = createFeatureCounts();
    this.#full = undefined;
    this.#hash = undefined;
    this.#isSent = false;
    for (const { file, places } of files) await file.publish(places);
    for (const { places } of sources) places.fill(ABSENT);
  }

  /** Weights that were frozen can be set from outside: some values of each are looked at. */
  #measure(state: Float32Array): number {
    let sum = 0;
    for (const { offset, size } of this.#frozen) {
      for (const at of [0, size >> 1, size - 1]) sum = sum * 1.0000001 + elementAt(state, offset + at);
    }
    return sum;
  }
}
