import { type Field, refuse } from "./field.ts";

/** Numbers that JSON lacks, as they are saved. */
const SPELLED = ["NaN", "Infinity", "-Infinity"] as const;

/** A number, NaN and infinities included: these survive JSON, too. @param initial Default: 0. */
export function number(initial = 0): Field<number> {
  return {
    create: () => initial,
    save: (value) => (Number.isFinite(value) ? value : String(value)),
    restore: (saved, place) => {
      if (typeof saved === "number") return saved;
      return SPELLED.some((name) => name === saved) ? Number(saved) : refuse(place, "a number", saved);
    },
  };
}

/** A whole number from 0 on. @param initial Default: 0. */
export function count(initial = 0): Field<number> {
  return {
    create: () => initial,
    save: (value) => value,
    restore: (saved, place) => {
      const isCount = typeof saved === "number" && Number.isSafeInteger(saved) && saved >= 0;
      return isCount ? saved : refuse(place, "a count", saved);
    },
  };
}

/** True or false. Default: false. */
export function flag(): Field<boolean> {
  return {
    create: () => false,
    save: (value) => value,
    restore: (saved, place) => (typeof saved === "boolean" ? saved : refuse(place, "true or false", saved)),
  };
}

/** A text. Default: "". */
export function text(): Field<string> {
  return {
    create: () => "",
    save: (value) => value,
    restore: (saved, place) => (typeof saved === "string" ? saved : refuse(place, "a text", saved)),
  };
}

/** Always the same word: it tells the states of one kind of thing from those of others. */
export function kind<const Word extends string>(word: Word): Field<Word> {
  return {
    create: () => word,
    save: () => word,
    restore: (saved, { subject }) =>
      saved === word ? word : refuse({ subject, path: "" }, `a state of kind ${JSON.stringify(word)}`, saved),
  };
}

/** A float32 vector, empty at first. It is copied where it is saved and where it is restored. */
export function vector(): Field<Float32Array> {
  return {
    create: () => new Float32Array(0),
    save: (value) => Float32Array.from(value),
    restore: (saved, place) =>
      saved instanceof Float32Array ? Float32Array.from(saved) : refuse(place, "a float32 vector", saved),
  };
}

/** A float64 vector, empty at first. It is copied where it is saved and where it is restored. */
export function float64Vector(): Field<Float64Array> {
  return {
    create: () => new Float64Array(0),
    save: (value) => Float64Array.from(value),
    restore: (saved, place) =>
      saved instanceof Float64Array ? Float64Array.from(saved) : refuse(place, "a float64 vector", saved),
  };
}

/** An int32 vector, empty at first. It is copied where it is saved and where it is restored. */
export function int32Vector(): Field<Int32Array<ArrayBuffer>> {
  return {
    create: () => new Int32Array(0),
    save: (value) => Int32Array.from(value),
    restore: (saved, place) =>
      saved instanceof Int32Array ? Int32Array.from(saved) : refuse(place, "an int32 vector", saved),
  };
}
