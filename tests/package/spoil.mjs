// A lane on a package that was changed after it was packed: whether it notices.

import { join } from "node:path";
import { startEmulator } from "../support/emulator.mjs";
import { ENTRIES, judge } from "../support/lane.mjs";
import { bring, packedProject } from "../support/packed.mjs";
import { PROGRAMS } from "./lanes/run.mjs";

/**
 * Runs a lane; rejects where it does not pass.
 *
 * @param {import("node:test").TestContext} t
 * @param {{ run: Function }} lane
 * @param {(place: string) => void} spoil gets the folder that the package was unpacked to
 */
export async function onSpoiled(t, lane, spoil) {
  const [project, emulator] = await Promise.all([packedProject(), startEmulator()]);
  t.after(async () => {
    await emulator.close();
    project.remove();
  });
  for (const file of PROGRAMS) bring(project, file);
  await emulator.seed(ENTRIES);
  spoil(join(project.folder, "node_modules/upstash-workflow-dlq"));
  const { result } = await lane.run({ folder: project.folder, emulator });
  await judge(emulator, result);
}
