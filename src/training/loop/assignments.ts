import { RefusalError } from "../../core/errors/errors.ts";
import type { CallbackName } from "./callbacks.ts";

/** Where an assignment to an attribute of a strategy changes something. */
interface Assignable {
  /** Callbacks of plugins. A subclass may assign in any part of the loop that it overrides. */
  readonly callbacks: readonly CallbackName[];
  /** What to write where it would change nothing. */
  readonly instead?: string;
}

const REPORTED = ["afterBackward", "beforeUpdate", "afterUpdate", "afterTrainingIteration"] as const;

/** Attributes that plugins may assign to. In other callbacks the loop would overwrite the value before using it. */
const ASSIGNABLE = {
  adaptedDataset: {
    callbacks: ["afterTrainDatasetAdaptation", "afterEvalDatasetAdaptation"],
    instead: "in beforeTrainingExp assign strategy.dataloader",
  },
  dataloader: { callbacks: ["beforeTrainingExp", "beforeTrainingEpoch", "afterTrainingEpoch", "beforeEvalExp"] },
  mbatch: { callbacks: ["beforeTrainingIteration", "beforeForward", "beforeEvalIteration", "beforeEvalForward"] },
  mbOutput: {
    callbacks: [...REPORTED, "afterEvalForward", "afterEvalIteration"],
    instead: "to change what is trained, use strategy.addLossTerm() or a plugin's criterion()",
  },
  loss: {
    callbacks: [...REPORTED, "afterEvalIteration"],
    instead: "strategy.loss is a number without a gradient: add a term with strategy.addLossTerm()",
  },
  gradient: { callbacks: ["afterBackward", "beforeUpdate"] },
} as const satisfies Readonly<Record<string, Assignable>>;

/** An attribute that plugins may assign to. */
export type AssignableAttribute = keyof typeof ASSIGNABLE;

/** Where an assignment is made. */
export interface AssignmentPlace {
  /** The plugin that is being called, and in which callback. */
  readonly plugin: string;
  readonly callback: CallbackName;
}

/**
 * Refuses an assignment that the loop would overwrite before anybody used it.
 * @param place Where it is made; "loop" for a part of the loop that a subclass overrides, undefined outside of `train`
 *   and `eval`.
 * @throws {RefusalError} If it would change nothing, with what to write instead.
 */
export function assertAssignable(attribute: AssignableAttribute, place: AssignmentPlace | "loop" | undefined): void {
  if (place === "loop") return;
  const { callbacks, instead }: Assignable = ASSIGNABLE[attribute];
  if (place && callbacks.includes(place.callback)) return;
  const where = place ? `${place.plugin}, ${place.callback}` : "outside of train and eval";
  const rule = `strategy.${attribute} can be assigned in ${joinNames(callbacks)}`;
  throw new RefusalError(`${where}: ${instead ? `${instead}; ` : ""}${rule}`);
}

/** Attributes of a strategy that nobody may assign to, and why or what to do instead. */
export const FIXED_ATTRIBUTES: Readonly<Record<string, string>> = {
  augmentation: "it is the number of the training iteration",
  clock: "it counts what the loop does",
  cluster: "it is started with the strategy's model",
  criterion: "it is given when a strategy is made; a subclass may override it, a plugin may have one of its own",
  currentEvalStream: "it is what eval() was called with",
  experience: "it is what train() or eval() was called with",
  heads: "they grow with the classes of experiences, or by growHeads()",
  isEval: "it says which loop goes on",
  isTraining: "it says which loop goes on",
  iterationsPerEpoch: "it is the length of strategy.dataloader",
  labels: "they are what the streams of experiences say",
  mbTaskId: "it is read from the minibatch: replace strategy.mbatch",
  mbValues: "they are read from the minibatch: replace strategy.mbatch",
  mbX: "it is read from the minibatch: replace strategy.mbatch",
  mbY: "it is read from the minibatch: replace strategy.mbatch",
  model: "set its weights (model.setWeights), or make another strategy with the other model",
  options: "they are given when a strategy is made",
  plan: "it follows from what plugins listen to",
  plugins: "they are given when a strategy is made",
  presentRates: "they follow from the optimizer and its groups",
  randomStreams: "they follow from the option seed",
  shuffle: "it is what train() was called with",
};

/**
 * Gives attributes that only have a getter, and methods, a setter that says what to write instead: an assignment from
 * code that no compiler looks at would otherwise end in a message of the engine's.
 * @param prototype Of the class, or of one below it.
 * @param sentences The attributes with what their refusals say.
 */
export function fixAttributes(prototype: object, sentences: Readonly<Record<string, string>>): void {
  for (const [name, sentence] of Object.entries(sentences)) {
    const get = findGetter(prototype, name);
    const set = () => {
      throw new RefusalError(`strategy.${name} cannot be replaced: ${sentence}`);
    };
    Object.defineProperty(prototype, name, { configurable: true, enumerable: false, get, set });
  }
}

const MUTATORS = ["push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill", "copyWithin"] as const;

/** A list that refuses to be changed, with a sentence. */
export function fixList<Item>(items: readonly Item[], sentence: string): readonly Item[] {
  const fixed = [...items];
  const value = () => {
    throw new RefusalError(sentence);
  };
  for (const name of MUTATORS) Object.defineProperty(fixed, name, { enumerable: false, value });
  return Object.freeze(fixed);
}

/** The getter of an attribute, or one that gives a method. */
function findGetter(prototype: object, name: string): () => unknown {
  for (let owner: object | null = prototype; owner; owner = Object.getPrototypeOf(owner)) {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    if (descriptor) return descriptor.get ?? (() => descriptor.value);
  }
  throw new Error(`no attribute ${name}`);
}

function joinNames(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
