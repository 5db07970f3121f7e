import {
  type ContextOfAll,
  type Field,
  type Fields,
  type Place,
  placeAt,
  readFields,
  readRecord,
  refuse,
  type Values,
} from "./field.ts";

/** A value that may be missing, undefined at first; null in what is saved. */
export function optional<Value, Context>(field: Field<Value, Context>): Field<Value | undefined, Context> {
  return {
    create: () => undefined,
    save: (value) => (value === undefined ? null : field.save(value)),
    restore: (saved, place, context) => (saved === null ? undefined : field.restore(saved, place, context)),
  };
}

/** Values in order, none at first. */
export function list<Value, Context>(field: Field<Value, Context>): Field<Value[], Context> {
  return {
    create: () => [],
    save: (values) => values.map((value) => field.save(value)),
    restore: (saved, place, context) =>
      readList(saved, place).map((item, i) => field.restore(item, placeAt(place, i), context)),
  };
}

/** Whole numbers, each once and in order: class ids, task labels, experiences. Empty at first. */
export function idSet(): Field<Set<number>> {
  return {
    create: () => new Set(),
    save: (ids) => [...ids],
    restore: (saved, place) => new Set(readList(saved, place).map((id, i) => readId(id, placeAt(place, i)))),
  };
}

/** Values by a whole number, in order: by class id, task label or experience. Empty at first. */
export function mapById<Value, Context>(field: Field<Value, Context>): Field<Map<number, Value>, Context> {
  return {
    create: () => new Map(),
    save: (values) => [...values].map(([id, value]) => [id, field.save(value)]),
    restore: (saved, place, context) => {
      const entries = readList(saved, place).map((item, i): [number, Value] => {
        const pair = readList(item, placeAt(place, i));
        const [id, value] = pair;
        if (pair.length !== 2) return refuse(placeAt(place, i), "an id and its value", item);
        return [readId(id, placeAt(place, i)), field.restore(value, placeAt(place, Number(id)), context)];
      });
      return new Map(entries);
    },
  };
}

/** Values by name. Empty at first. */
export function mapByName<Value, Context>(field: Field<Value, Context>): Field<Map<string, Value>, Context> {
  return {
    create: () => new Map(),
    save: (values) => Object.fromEntries([...values].map(([name, value]) => [name, field.save(value)])),
    restore: (saved, place, context) => {
      const entries = [...readRecord(saved, place)];
      return new Map(entries.map(([name, value]) => [name, field.restore(value, placeAt(place, name), context)]));
    },
  };
}

/** Several fields as one value. */
export function record<Declared extends Fields>(fields: Declared): Field<Values<Declared>, ContextOfAll<Declared>> {
  const entries = Object.entries(fields);
  const collect = (values: Iterable<readonly [string, unknown]>) => Object.fromEntries(values) as Values<Declared>;
  return {
    create: () => collect(entries.map(([name, field]) => [name, field.create()])),
    save: (value) => {
      const values = new Map<string, unknown>(Object.entries(value));
      return Object.fromEntries(entries.map(([name, field]) => [name, field.save(values.get(name))]));
    },
    restore: (saved, place, context) => collect(readFields(fields, saved, { place, context })),
  };
}

function readList(saved: unknown, place: Place): readonly unknown[] {
  return Array.isArray(saved) ? saved : refuse(place, "a list", saved);
}

function readId(saved: unknown, place: Place): number {
  const isId = typeof saved === "number" && Number.isSafeInteger(saved);
  return isId ? saved : refuse(place, "a whole number", saved);
}
