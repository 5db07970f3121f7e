import type { TextStream } from "../../src/evaluation/loggers/terminal_bars.ts";

/** A line on the terminal that is written over. */
export interface ProgressLine {
  readonly show: (text: string) => void;
  readonly clear: () => void;
}

/** Where nobody looks (no terminal), each text is a line of its own, but only when it names something new. */
export function createProgressLine(stream: TextStream): ProgressLine {
  if (stream.isTTY) {
    return {
      show: (text) => stream.write(`\r\u001b[K${text.slice(0, 118)}`),
      clear: () => stream.write("\r\u001b[K"),
    };
  }
  let last = "";
  return {
    show: (text) => {
      const [subject = text] = text.split(":");
      if (subject !== last) stream.write(`${subject}\n`);
      last = subject;
    },
    clear: () => {},
  };
}
