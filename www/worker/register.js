// The list of jobs and the trail of what was done: one object for all of them.

import { DurableObject } from "cloudflare:workers";

const JOBS_KEPT = 500;
const JOBS_SHOWN = 100;
const LINES_KEPT = 5_000;
const LINES_SHOWN = 200;

export class Register extends DurableObject {
  #sql = this.ctx.storage.sql;

  constructor(ctx, env) {
    super(ctx, env);
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS job (id TEXT PRIMARY KEY, created INTEGER, view TEXT);
      CREATE INDEX IF NOT EXISTS job_created ON job (created);
      CREATE TABLE IF NOT EXISTS trail (n INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT UNIQUE);
    `);
  }

  /** Keeps how a job stands, and lines of the trail. */
  put(view, lines) {
    const created = view.createdAt;
    this.#sql.exec(
      "INSERT INTO job VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET view = ?3",
      view.id,
      created,
      JSON.stringify(view),
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

  job(id) {
    const [row] = this.#sql.exec("SELECT view FROM job WHERE id = ?", id);
    return row && JSON.parse(row.view);
  }

  jobs() {
    const rows = this.#sql.exec("SELECT view FROM job ORDER BY created DESC LIMIT ?", JOBS_SHOWN);
    return [...rows].map(({ view }) => JSON.parse(view));
  }

  trail() {
    const rows = this.#sql.exec("SELECT line FROM trail ORDER BY n DESC LIMIT ?", LINES_SHOWN);
    return [...rows].map(({ line }) => JSON.parse(line));
  }
}
