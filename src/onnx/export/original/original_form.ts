import { z } from "zod";

/** Metadata of a file that left as its network came: what it takes and gives. */
export const ORIGINAL_KEY = "firn.original";

const formSchema = z.object({
  inputs: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.number()),
      dataType: z.string(),
      place: z.union([z.object({ from: z.number() }), z.object({ fill: z.number() })]),
    }),
  ),
  output: z.string(),
  change: z.enum(["none", "channelsFirst", "flatten"]),
  probabilities: z.array(z.string()),
});

/**
 * What a network that leaves as it came takes and gives, as JSON of the metadata: the file's own inputs with the shape
 * of one sample's part, and where that begins in a sample, or which one number it is throughout; how samples of the
 * data become what the file takes; which operators stand behind the logits (Softmax, say).
 */
export type OriginalForm = z.infer<typeof formSchema>;

/** @throws {TypeError} If the metadata say something else. */
export function parseOriginalForm(text: string): OriginalForm {
  return formSchema.parse(JSON.parse(text));
}
