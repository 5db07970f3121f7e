import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** What texts and lines take where no page gives them a colour. */
const TEXT_COLOR = "#1b2430";
/** Pixels of a PNG for each pixel of the SVG. */
const PNG_SCALE = 2;

const require = createRequire(import.meta.url);
let renderer: Promise<{ Resvg: typeof import("@resvg/resvg-wasm").Resvg; font: Uint8Array }> | undefined;

/** A figure's SVG as a file of its own: dark on white. */
export function completeSvg(svg: string): string {
  const ground = '<rect width="100%" height="100%" fill="#ffffff"/>';
  return `${svg.replace(/^<svg[^>]*>/, (tag) => `${tag}${ground}`).replaceAll("currentColor", TEXT_COLOR)}\n`;
}

/** Draws an SVG as a PNG file of twice its size, with a font of its own. The caller owns the result. */
export async function rasterizeSvg(svg: string): Promise<Uint8Array> {
  renderer ??= loadRenderer();
  const { Resvg, font } = await renderer;
  const drawing = new Resvg(svg, {
    fitTo: { mode: "zoom", value: PNG_SCALE },
    font: { fontBuffers: [font], defaultFontFamily: "DejaVu Sans", sansSerifFamily: "DejaVu Sans" },
  });
  try {
    return drawing.render().asPng();
  } finally {
    drawing.free();
  }
}

async function loadRenderer() {
  const { initWasm, Resvg } = await import("@resvg/resvg-wasm");
  const [wasm, font] = await Promise.all([
    readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")),
    readFile(require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf")),
  ]);
  await initWasm(wasm);
  return { Resvg, font: Uint8Array.from(font) };
}
