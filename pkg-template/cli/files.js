// Files in folders that others may write to, such as /tmp: nothing that somebody planted is followed,
// overwritten or trusted, and only the user can read what is written.

import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "./exit.js";

const MODE = 0o600;
// Windows has no links that an ordinary user can plant, and knows neither flag.
const { O_APPEND, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_RDWR } = constants;

/** Creates a file that is not there yet. Anything with that name, a link too, is `EEXIST`. */
export const createFile = (name) => openSync(name, "wx", MODE);

/**
 * Opens a file of the user's own.
 *
 * @param {string} name
 * @param {"read" | "append"} purpose
 * @throws {UsageError} for a link, something else than a file, and a file of another user
 */
export const openOwn = (name, purpose) => {
  // A FIFO would otherwise wait for its other end.
  const flags = O_NOFOLLOW | O_NONBLOCK | (purpose === "read" ? O_RDONLY : O_RDWR | O_APPEND);
  let file;
  try {
    file = openSync(name, flags);
  } catch (error) {
    if (error.code === "ELOOP")
      throw new UsageError(`${name} is a link: write the file's own path`);
    throw error;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new UsageError(`${name} is not a file`);
    const user = process.getuid?.();
    if (user !== undefined && stat.uid !== user) {
      throw new UsageError(
        `${name} belongs to another user, who can change it: write another file, or chown it`,
      );
    }
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
};

/** Takes a file that was opened away from whoever else could read it. */
export const makePrivate = (file) => fchmodSync(file, MODE);

/**
 * The text of a file that is only read: whose it is does not matter.
 *
 * @throws {UsageError} for what is not there, not readable, or something else than a file
 */
export const readText = (name) => {
  let file;
  try {
    // A FIFO would otherwise wait for its other end.
    file = openSync(name, O_NONBLOCK | O_RDONLY);
    if (!fstatSync(file).isFile()) throw new UsageError(`${name} is not a file`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${name} can't be read (${error.code})`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
};

/** Writes a file so that a reader, and a kill at any moment, finds the old text or the new one. */
export const replaceFile = (name, text) => {
  const beside = `${name}.${randomBytes(6).toString("hex")}.new`;
  const file = createFile(beside);
  try {
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, name);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  flushFolder(dirname(name));
};

/** Makes a rename durable, where the system can. */
const flushFolder = (folder) => {
  try {
    const handle = openSync(folder, "r");
    fsyncSync(handle);
    closeSync(handle);
  } catch {
    // Windows can't open a folder.
  }
};
