import type { ErrorData } from "../../../core/errors/error_data.ts";
import type { RowGather, SlotSum } from "../rank_exchange.ts";

/** What the coordinator asks of the thread that calls MPI. */
export type MpiRequest =
  | {
      readonly kind: "begin";
      readonly file: string;
      readonly stop: Int32Array<SharedArrayBuffer>;
      readonly isCrowded: boolean;
      /** True where ranks may be lost and the others go on. */
      readonly isElastic: boolean;
    }
  | { readonly kind: "exchange"; readonly sums: readonly SlotSum[]; readonly rows: readonly RowGather[] }
  | { readonly kind: "agree"; readonly said: string }
  | { readonly kind: "end" };

/** How the thread answers, once for each request, in order; "ready" comes first and answers nothing. */
export type MpiAnswer =
  | { readonly kind: "ready" }
  | {
      readonly kind: "begun";
      readonly rank: number;
      readonly size: number;
      readonly version: string;
      /** Why the others cannot go on where one is lost, though they are to. */
      readonly ulfmLack: string | undefined;
    }
  | { readonly kind: "done" }
  | { readonly kind: "agreed"; readonly said: string[] }
  /** Nothing was exchanged, on no rank: some were lost, by their first numbers, and these are the new ones. */
  | { readonly kind: "shrunk"; readonly rank: number; readonly size: number; readonly lost: readonly number[] }
  | { readonly kind: "failed"; readonly error: ErrorData };
