import { OPERATORS, type Operator } from "../ops/operator.ts";

/**
 * onnxruntime's own operators on values [N, C, H, W] that lie in memory as [N, C / lanes, H, W, lanes], the channels
 * filled up with zeros. It uses them itself where it knows a convolution's kernel when a model is loaded.
 */
export const BLOCKED_OPERATORS = ["BlockChannels", "BlockedConv", "UnblockChannels"] as const;

/** The name of such an operator in our graphs. */
export type BlockedOperator = (typeof BLOCKED_OPERATORS)[number];

/** How an operator is written into a file. */
export interface OperatorName {
  readonly op: string;
  /** "" is ONNX's own. */
  readonly domain: string;
}

const DOMAIN = "com.microsoft.nchwc";

/** What an operator of our graphs is called in a file. */
export function nameOperator(op: Operator | BlockedOperator): OperatorName {
  switch (op) {
    case "BlockChannels":
      return { op: "ReorderInput", domain: DOMAIN };
    case "BlockedConv":
      return { op: "Conv", domain: DOMAIN };
    case "UnblockChannels":
      return { op: "ReorderOutput", domain: DOMAIN };
    default:
      return { op, domain: "" };
  }
}

/** True for ONNX's own operators. */
export function isStandardOperator(op: Operator | BlockedOperator): op is Operator {
  return OPERATORS.some((known) => known === op);
}
