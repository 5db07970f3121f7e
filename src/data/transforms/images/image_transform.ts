import { describeChoice, describeValue, RangeRefusal, TypeRefusal } from "../../../core/errors/errors.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { omitUndefined } from "../../../core/options/omit_undefined.ts";
import {
  fillDefaults,
  type OptionSchema,
  type OptionsOf,
  optional,
  type ResolvedOptions,
  withDefault,
} from "../../../core/options/option_schema.ts";
import { number, required, wholeNumber } from "../../../core/options/value_rules.ts";

const SIZE = required(wholeNumber(1), "height and width, in pixels");
const strength = (what: string) =>
  withDefault(number({ atLeast: 0 }), 0, `${what} is changed by a factor within 1 ± this`);

/** What transforms of images take, by their names; defaults are those of torchvision. */
export const IMAGE_TRANSFORMS = {
  resize: {
    size: required(wholeNumber(1), "length of the shorter side, bilinear"),
    width: optional(wholeNumber(1), "brings the image to size × width instead, whatever its proportions"),
  },
  "center-crop": { size: SIZE },
  "random-crop": { size: SIZE, padding: withDefault(wholeNumber(), 0, "zeros around the image before") },
  "random-resized-crop": {
    size: SIZE,
    minScale: withDefault(number({ above: 0, atMost: 1 }), 0.08, "the smallest share of the image's area"),
    maxScale: withDefault(number({ above: 0, atMost: 1 }), 1, "the largest share of the image's area"),
    minRatio: withDefault(number({ above: 0 }), 3 / 4, "the smallest width by height"),
    maxRatio: withDefault(number({ above: 0 }), 4 / 3, "the largest width by height"),
  },
  "horizontal-flip": { probability: withDefault(number({ atLeast: 0, atMost: 1 }), 0.5, "of being mirrored") },
  "color-jitter": {
    brightness: strength("brightness"),
    contrast: strength("contrast"),
    saturation: strength("saturation"),
    hue: withDefault(number({ atLeast: 0, atMost: 0.5 }), 0, "hue is turned by up to this, of a whole turn"),
  },
  "rand-augment": {
    operations: withDefault(wholeNumber(1), 2, "operations one after another"),
    magnitude: withDefault(wholeNumber(0, 30), 9, "strength of each, from 0 to 30"),
  },
  "random-erasing": {
    probability: withDefault(number({ atLeast: 0, atMost: 1 }), 0.5, "of losing a rectangle, after normalisation"),
    minScale: withDefault(number({ above: 0, atMost: 1 }), 0.02, "the smallest share of the image's area"),
    maxScale: withDefault(number({ above: 0, atMost: 1 }), 0.33, "the largest share of the image's area"),
    minRatio: withDefault(number({ above: 0 }), 0.3, "the smallest height by width"),
    maxRatio: withDefault(number({ above: 0 }), 3.3, "the largest height by width"),
  },
} as const satisfies Readonly<Record<string, OptionSchema>>;

/** The name of a transform of images. */
export type ImageTransformKind = keyof typeof IMAGE_TRANSFORMS;

/**
 * A transform of images, with its options. Plain data: it crosses to Workers, and random numbers come from the sample's
 * own hash of seed, iteration and row.
 * @example const transforms = [{ kind: "random-resized-crop", size: 224 }, { kind: "horizontal-flip" }] as const;
 */
export type ImageTransform = {
  [Kind in ImageTransformKind]: { readonly kind: Kind } & OptionsOf<(typeof IMAGE_TRANSFORMS)[Kind]>;
}[ImageTransformKind];

/** The same with the defaults filled in; an option without one may be left out. */
export type ResolvedImageTransform = {
  [Kind in ImageTransformKind]: { readonly kind: Kind } & FilledOptions<
    ResolvedOptions<(typeof IMAGE_TRANSFORMS)[Kind]>
  >;
}[ImageTransformKind];

/** Options with their defaults; those without one may be left out. */
export type FilledOptions<Options> = {
  readonly [Name in keyof Options as undefined extends Options[Name] ? never : Name]: Options[Name];
} & { readonly [Name in keyof Options as undefined extends Options[Name] ? Name : never]?: Options[Name] };

/** What is done to images when they are read: in training iterations, and at any other time. */
export interface ImageTransforms {
  readonly train: readonly ResolvedImageTransform[];
  readonly evaluation: readonly ResolvedImageTransform[];
}

/**
 * Checks transforms and fills in the defaults.
 * @param subject What messages begin with: the option.
 * @throws {RefusalError} If there is no such transform, or an option has no such name or is out of range.
 */
export function resolveImageTransforms(
  subject: string,
  transforms: readonly ImageTransform[],
): readonly ResolvedImageTransform[] {
  return transforms.map((transform, i) => resolveOne(`${subject}[${i}]`, transform));
}

function resolveOne(subject: string, transform: ImageTransform): ResolvedImageTransform {
  const { kind, ...options } = readKind(subject, transform);
  const schema: OptionSchema = IMAGE_TRANSFORMS[kind];
  assertOptions(`${subject} (${kind})`, options, schema);
  const filled: Readonly<Record<string, unknown>> = omitUndefined(fillDefaults(options, schema));
  for (const bound of ["Scale", "Ratio"]) {
    const [least, most] = [Number(filled[`min${bound}`] ?? 0), Number(filled[`max${bound}`] ?? 0)];
    if (least > most) throw new RangeRefusal(`${subject} (${kind}): min${bound} must be at most ${most}, got ${least}`);
  }
  // The schema of this kind has checked it.
  return { kind, ...filled } as unknown as ResolvedImageTransform;
}

function readKind(subject: string, transform: ImageTransform): ImageTransform {
  const names = Object.keys(IMAGE_TRANSFORMS);
  if (typeof transform !== "object" || transform === null || !("kind" in transform)) {
    throw new TypeRefusal(
      `${subject} must be a transform such as { kind: "resize", size: 256 }, got ${describeValue(transform)}`,
    );
  }
  if (Object.hasOwn(IMAGE_TRANSFORMS, transform.kind)) return transform;
  throw new RangeRefusal(`${subject}: kind must be ${describeChoice(names)}, got ${describeValue(transform.kind)}`);
}
