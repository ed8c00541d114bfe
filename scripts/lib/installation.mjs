// Installing what a machine lacks.

import { ask, exclusively, must, path, Stop, step, which } from "./run.mjs";

/** A step that test files may come to at the same time: it is done once, by whoever comes first. */
export async function installation(label, done, work) {
  if (done()) return step(label, true, work);
  await exclusively(path("target/setup.lock"), () => step(label, done(), work));
}

/** Whether Debian's package is installed. */
export const isInstalled = (name) =>
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own syntax
  ask("dpkg-query", ["-W", "-f", "${db:Status-Status}", name]) === "installed";

/** Installs Debian packages; `otherwise` names what a person would do where that can't work. */
export async function installPackages(names, otherwise) {
  if (!which("apt-get")) throw new Stop(otherwise);
  const apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  if (process.getuid?.() !== 0) {
    if (!which("sudo")) throw new Stop(`as root: apt-get install ${names.join(" ")}\n${otherwise}`);
    apt.unshift("sudo");
  }
  const [program, ...rest] = apt;
  try {
    await must(program, [...rest, "update"]);
    await must(program, [...rest, "install", "-y", "--no-install-recommends", ...names]);
  } catch (error) {
    throw new Stop(`${error.message}\n\n${otherwise}`);
  }
}
