// The list of jobs and the trail of what was done: one object for all of them.

import { DurableObject } from "cloudflare:workers";
import { summaryOf } from "./summary.js";
import { Throttle } from "./throttle.js";

const JOBS_KEPT = 500;
const JOBS_SHOWN = 100;
const LINES_KEPT = 100_000;
const LINES_SHOWN = 200;
/** Jobs that are started in a minute: by one person, and by all. */
const STARTS = { most: 60, inAll: 240 };
/** Pauses and continuations of one person in a minute, of whatever jobs. */
const CHANGES = 240;

export class Register extends DurableObject {
  #sql = this.ctx.storage.sql;
  // Both are lost when the object is evicted, which takes a pause that is longer than their windows.
  #starts = new Throttle({ ...STARTS, windowMs: 60_000 });
  #changes = new Throttle({ most: CHANGES, windowMs: 60_000 });

  constructor(ctx, env) {
    super(ctx, env);
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS used (id TEXT PRIMARY KEY, fingerprint TEXT, begun INTEGER) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS job (id TEXT PRIMARY KEY, created INTEGER, view TEXT);
      CREATE INDEX IF NOT EXISTS job_created ON job (created);
      CREATE TABLE IF NOT EXISTS trail (n INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT UNIQUE);
    `);
  }

  /**
   * Takes an id for an order of `who`, once and for all: it is remembered for longer than the job.
   *
   * @returns {{ taken?: "again" | "other", wait?: number }} `again`: the same order was begun with it before;
   *   `other`: another order has it; `wait`: too many jobs were started, in milliseconds
   */
  claim(id, fingerprint, who) {
    const [known] = this.#sql.exec("SELECT fingerprint, begun FROM used WHERE id = ?", id);
    if (known) {
      if (known.fingerprint !== fingerprint) return { taken: "other" };
      // An object that was lost between the claim and its first record begins again.
      return known.begun ? { taken: "again" } : {};
    }
    const wait = this.#starts.take(who);
    if (wait > 0) return { wait };
    this.#sql.exec("INSERT INTO used VALUES (?, ?, 0)", id, fingerprint);
    return {};
  }

  /**
   * Counts a change of a job. Each is a line of the trail, and many jobs could write as many lines.
   *
   * @param {string} who
   * @returns {number} milliseconds to wait before that person may change a job; 0: none
   */
  changed(who) {
    return this.#changes.take(who);
  }

  /** Keeps how a job stands, and lines of the trail. */
  put(view, lines) {
    this.#sql.exec("UPDATE used SET begun = 1 WHERE id = ?", view.id);
    this.#sql.exec(
      "INSERT INTO job VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET view = ?3",
      view.id,
      view.createdAt,
      JSON.stringify(summaryOf(view)),
    );
    this.#sql.exec(
      "DELETE FROM job WHERE id NOT IN (SELECT id FROM job ORDER BY created DESC LIMIT ?)",
      JOBS_KEPT,
    );
    for (const line of lines) this.#write(line);
  }

  #write(line) {
    // A job that did not hear our answer says it again.
    this.#sql.exec("INSERT OR IGNORE INTO trail (line) VALUES (?)", JSON.stringify(line));
    this.#sql.exec("DELETE FROM trail WHERE n <= (SELECT MAX(n) FROM trail) - ?", LINES_KEPT);
  }

  /** @returns {{ known: boolean, summary?: object }} whether an id was used, and what is left of its job */
  job(id) {
    const [row] = this.#sql.exec("SELECT view FROM job WHERE id = ?", id);
    const known = this.#sql.exec("SELECT 1 FROM used WHERE id = ?", id).toArray().length > 0;
    return { known, summary: row && JSON.parse(row.view) };
  }

  /** The latest jobs, the newest first. */
  jobs() {
    const rows = this.#sql.exec("SELECT view FROM job ORDER BY created DESC LIMIT ?", JOBS_SHOWN);
    return [...rows].map(({ view }) => JSON.parse(view));
  }

  /**
   * A page of the trail, the newest first.
   *
   * @param {number} [before] the position that the page before gave
   * @returns {{ lines: object[], before?: number }} `before`: where the next page begins
   */
  trail(before = Number.MAX_SAFE_INTEGER) {
    const rows = [
      ...this.#sql.exec(
        "SELECT n, line FROM trail WHERE n < ? ORDER BY n DESC LIMIT ?",
        before,
        LINES_SHOWN,
      ),
    ];
    const lines = rows.map(({ line }) => JSON.parse(line));
    return { lines, ...(rows.length === LINES_SHOWN && { before: rows.at(-1).n }) };
  }
}
