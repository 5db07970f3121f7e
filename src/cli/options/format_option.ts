import type { Option } from "commander";

/** An option and its value as words that a command reads back: "--plugin=csv". */
export function formatOption({ long, negate }: Option, value: unknown): string[] {
  if (negate || value === true) return [`${long}`];
  return (Array.isArray(value) ? value : [value]).map((item) => `${long}=${item}`);
}
