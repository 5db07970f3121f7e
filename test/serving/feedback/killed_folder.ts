/** Collects rows until it is killed, an experience each third time, and tells the number of each row it has kept. */
import process from "node:process";
import { FeedbackFolder } from "../../../src/serving/feedback/feedback_folder.ts";

const [path = "", first = "0"] = process.argv.slice(2);
const folder = await FeedbackFolder.open(path);
for (let row = Number(first); ; row++) {
  const bytes = new Uint8Array(Float32Array.of(row, row).buffer);
  await folder.add({ descr: "<f4", shape: [1, 2], bytes }, { time: 1, from: "a test", labels: [`c${row % 3}`] });
  process.stdout.write(`${row}\n`);
  if (row % 3 === 2) await folder.close();
}
