/** Rows [rows, side, side, 3] whose values in order [rows, 3, side, side] are sin 1, sin 2, … */
export function makeImages(rows: number, side: number): Float32Array<ArrayBuffer> {
  const images = new Float32Array(rows * side * side * 3);
  for (let i = 0; i < images.length; i++) {
    const [column, line] = [i % side, Math.floor(i / side) % side];
    const [channel, row] = [Math.floor(i / side ** 2) % 3, Math.floor(i / side ** 2 / 3)];
    images[((row * side + line) * side + column) * 3 + channel] = Math.sin(i + 1);
  }
  return images;
}
