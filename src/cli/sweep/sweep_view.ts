import { escapeControls, formatJSON } from "../../core/errors/printable.ts";
import { ERASE_BELOW, type TextStream } from "../../evaluation/loggers/terminal_bars.ts";
import { nameMeasure } from "./format_sweep.ts";
import type { SweepListener } from "./run_sweep.ts";
import type { JobProgress } from "./sweep_job.ts";
import type { SweepRun } from "./sweep_plan.ts";
import type { SweepRow } from "./sweep_record.ts";

/** How a sweep is shown while it goes on. */
export interface SweepView {
  readonly listener: SweepListener;
  /** Takes the lines of running jobs away. */
  readonly clear: () => void;
}

/** Where a sweep is shown. */
export interface SweepViewOptions {
  readonly stream: TextStream;
  /** Runs of the whole sweep. */
  readonly total: number;
}

/** Lines of text, with those of running jobs on a terminal; events as JSON lines; or nothing. */
export function createSweepView(kind: "text" | "json" | "none", options: SweepViewOptions): SweepView {
  switch (kind) {
    case "text":
      return createTextView(options);
    case "json":
      return createJSONView(options.stream);
    case "none": {
      const ignore = () => undefined;
      return { listener: { onStart: ignore, onProgress: ignore, onEnd: ignore }, clear: ignore };
    }
  }
}

function createJSONView(stream: TextStream): SweepView {
  const name = ({ label, seed, folder }: SweepRun) => ({ run: label, seed, directory: folder });
  const tell = (event: object) => stream.write(formatJSON(event));
  return {
    listener: {
      onStart: (run) => tell({ kind: "run-start", ...name(run) }),
      onProgress: (run, progress) => tell({ kind: "run-progress", ...name(run), ...progress }),
      onEnd: (run, row) => tell({ kind: "run-end", ...name(run), ...row }),
    },
    clear: () => undefined,
  };
}

/** A line for each run that has ended and, on a terminal, below them one for each that goes on. */
function createTextView({ stream, total }: SweepViewOptions): SweepView {
  const running = new Map<SweepRun, JobProgress>();
  let [shown, ended] = [0, 0];
  const clear = () => {
    if (shown > 0) stream.write(`\x1b[${shown}A${ERASE_BELOW}`);
    shown = 0;
  };
  const draw = (above = "") => {
    clear();
    const lines = stream.isTTY === true ? [...running].map(([run, progress]) => formatRunning(run, progress)) : [];
    const width = (stream.columns || 80) - 1;
    const text = above + lines.map((line) => `${line.slice(0, width)}\n`).join("");
    if (text !== "") stream.write(text);
    shown = lines.length;
  };
  return {
    listener: {
      onStart(run) {
        running.set(run, {});
        draw();
      },
      onProgress(run, progress) {
        running.set(run, { ...running.get(run), ...progress });
        draw();
      },
      onEnd(run, row) {
        running.delete(run);
        ended += 1;
        draw(`${formatEnded(run, row, `${ended}/${total}`)}\n`);
      },
    },
    clear,
  };
}

function formatRunning({ label }: SweepRun, { experience, experienceName, streamAccuracy }: JobProgress): string {
  const name = experienceName === undefined ? "" : ` ${escapeControls(experienceName)}`;
  const place = experience === undefined ? "starting" : `experience ${experience}${name}`;
  const accuracy = streamAccuracy === undefined ? "" : `, stream accuracy ${streamAccuracy.toFixed(4)}`;
  return `  ${escapeControls(label)}: ${place}${accuracy}`;
}

function formatEnded({ label }: SweepRun, row: SweepRow, count: string): string {
  const { status, final, seconds, error } = row;
  const accuracy = final ? `, stream ${nameMeasure([row])} ${final.streamAccuracy.toFixed(4)}` : "";
  const reason = error === undefined ? "" : `: ${error}`;
  return escapeControls(`${count}  ${label}: ${status}${accuracy}, ${seconds.toFixed(1)} s${reason}`);
}
