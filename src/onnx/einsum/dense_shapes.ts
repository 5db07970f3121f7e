import { elementAt } from "../../core/element_at.ts";
import { describeCause, needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type Einsum, readEinsum } from "./read_einsum.ts";

/** What Keras says of an EinsumDense layer: "abc,cd->abd", a product of the samples with a kernel. */
export interface EinsumDenseSettings {
  readonly equation: string;
  /** The lengths of the output's axes without the batch and those that "..." stands for; null where they follow. */
  readonly outputShape: readonly (number | null)[];
  /** The letters of the output along which the bias differs; none without a bias. */
  readonly biasAxes: string | undefined;
}

/**
 * The same with a, b, c … for its letters, in their order: TF.js writes texts in small letters.
 * @throws {RangeError} If there are more than 26.
 */
export function spellInSmallLetters({ equation, biasAxes, ...others }: EinsumDenseSettings): EinsumDenseSettings {
  const letters = [...new Set(equation.match(/[A-Za-z]/g))];
  if (letters.length > 26) throw new RangeRefusal(needs("the equation", "at most 26 letters", equation));
  const spell = (text: string) => {
    return text.replaceAll(/[A-Za-z]/g, (letter) => {
      const place = letters.indexOf(letter);
      // A letter that the equation has not stays one that it has not.
      return place < 0 ? "?" : String.fromCharCode(97 + place);
    });
  };
  return { ...others, equation: spell(equation), biasAxes: biasAxes === undefined ? undefined : spell(biasAxes) };
}

/** What follows from them for samples of a known shape. */
export interface EinsumDenseShapes {
  readonly einsum: Einsum;
  readonly kernel: readonly number[];
  readonly bias: readonly number[] | undefined;
  /** The lengths of the output's axes; null for the batch. */
  readonly output: readonly (number | null)[];
}

/**
 * The shapes of a layer called on an input of this shape, null for the batch, as Keras works them out.
 * @param layerName What messages begin with.
 * @throws {RangeError} If the equation is of another kind, or lengths do not follow from what is given.
 */
export function findEinsumDenseShapes(
  settings: EinsumDenseSettings,
  { input, layerName }: { readonly input: readonly (number | null)[]; readonly layerName: string },
): EinsumDenseShapes {
  try {
    return findShapes(settings, input);
  } catch (cause) {
    throw new RangeRefusal(`layer "${layerName}": ${describeCause(cause)}`, { cause });
  }
}

function findShapes(
  { equation, outputShape, biasAxes }: EinsumDenseSettings,
  input: readonly (number | null)[],
): EinsumDenseShapes {
  const [, , kernelLetters = ""] = /^([^,]*),([^,]*)->/.exec(equation.replaceAll(" ", "")) ?? [];
  const einsum = readEinsum(equation, [input.length, kernelLetters.length]);
  const { a, b, y } = einsum;
  if (a.length !== input.length) {
    throw new RangeRefusal(needs(`the equation ${equation}`, `an input of rank ${a.length}`, input.length));
  }
  const isHidden = (letter: string) => letter.startsWith(".");
  const [batch] = a;
  const stated = y.filter((letter) => !isHidden(letter) && letter !== batch);
  if (
    batch === undefined ||
    batch !== y[0] ||
    b.length === 0 ||
    b.includes(batch) ||
    stated.length !== outputShape.length
  ) {
    const wanted = "samples and a kernel, the batch in front, and an output_shape of the other axes";
    throw new RangeRefusal(needs("EinsumDense", wanted, [equation, outputShape]));
  }
  const lengthOf = (letter: string): number | null => {
    const at = a.indexOf(letter);
    const [known, said] = [at < 0 ? null : elementAt(input, at), outputShape[stated.indexOf(letter)] ?? null];
    if (known !== null && said !== null && known !== said) {
      throw new RangeRefusal(needs(`the equation ${equation}`, `a length of ${known} for ${letter}`, said));
    }
    return known ?? said;
  };
  const weightLength = (letter: string): number => {
    const length = lengthOf(letter);
    if (length !== null) return length;
    throw new RangeRefusal(needs(`the equation ${equation}`, `a known length of ${letter}`, length));
  };
  const output = y.map((letter) => (letter === batch ? null : lengthOf(letter)));
  return { einsum, kernel: b.map(weightLength), bias: findBias(y, biasAxes, weightLength), output };
}

/** From the first axis along which it differs to the last, with 1 where it does not. */
function findBias(
  y: readonly string[],
  biasAxes: string | undefined,
  lengthOf: (letter: string) => number,
): number[] | undefined {
  if (biasAxes === undefined) return undefined;
  const axes = [...biasAxes].map((letter) => y.indexOf(letter));
  if (axes.length === 0 || axes.includes(-1)) {
    throw new RangeRefusal(needs("bias_axes", `letters of the output ${y.join("")}`, biasAxes));
  }
  return y.slice(Math.min(...axes)).map((letter) => (biasAxes.includes(letter) ? lengthOf(letter) : 1));
}
