// What a job keeps, in its object's SQLite.

// A row holds 2 MB at most; ids that are still owed can be more than one would like to write at once.
const CHUNK = 64 * 1024;

export class Store {
  #storage;
  #sql;

  constructor(storage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** Whether a job was begun here. An object that is only asked has no tables, and leaves no database. */
  isMade() {
    return this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'chunk'").toArray().length > 0;
  }

  /** Makes the tables: the first step of a job. */
  make() {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS chunk (name TEXT, n INTEGER, text TEXT, PRIMARY KEY (name, n));
      CREATE TABLE IF NOT EXISTS line
        (n INTEGER PRIMARY KEY AUTOINCREMENT, dlqId TEXT, workflowRunId TEXT, outcome TEXT);
      CREATE TABLE IF NOT EXISTS run
        (workflowRunId TEXT PRIMARY KEY, state TEXT, newDlqId TEXT, step TEXT, status INTEGER, error TEXT);
    `);
  }

  /** All of it, or nothing. */
  together(work) {
    return this.#storage.transactionSync(work);
  }

  /** A text of any length. */
  text(name) {
    const rows = this.#sql.exec("SELECT text FROM chunk WHERE name = ? ORDER BY n", name);
    const chunks = [...rows].map(({ text }) => text);
    return chunks.length > 0 ? chunks.join("") : undefined;
  }

  setText(name, text) {
    this.#sql.exec("DELETE FROM chunk WHERE name = ?", name);
    for (let n = 0; n * CHUNK < text.length; n += 1) {
      const part = text.slice(n * CHUNK, (n + 1) * CHUNK);
      this.#sql.exec("INSERT INTO chunk VALUES (?, ?, ?)", name, n, part);
    }
  }

  value(name) {
    const text = this.text(name);
    return text === undefined ? undefined : JSON.parse(text);
  }

  setValue(name, value) {
    this.setText(name, JSON.stringify(value));
  }

  /** Adds lines to the report. */
  addLines(lines) {
    for (const { dlqId = null, workflowRunId = null, outcome } of lines) {
      this.#sql.exec(
        "INSERT INTO line (dlqId, workflowRunId, outcome) VALUES (?, ?, ?)",
        dlqId,
        workflowRunId,
        outcome,
      );
    }
  }

  /** Keeps what became of new runs, in place of what was known of them before. */
  addOutcomes(runs) {
    for (const { workflowRunId, state, ...why } of runs) {
      const { newDlqId = null, step = null, status = null, error = null } = why;
      this.#sql.exec(
        "INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?, ?)",
        ...[workflowRunId, state, newDlqId, step, status, error],
      );
    }
  }

  /** Lines of the report, `most` at most, after the `n` of an earlier one. */
  lines(after, most) {
    const rows = this.#sql.exec(
      `SELECT line.*, state, newDlqId, step, status, error
       FROM line LEFT JOIN run USING (workflowRunId) WHERE n > ? ORDER BY n LIMIT ?`,
      after,
      most,
    );
    return [...rows];
  }

  /** How many lines each outcome has. */
  outcomes() {
    const rows = this.#sql.exec("SELECT outcome, COUNT(*) AS count FROM line GROUP BY outcome");
    return Object.fromEntries([...rows].map(({ outcome, count }) => [outcome, count]));
  }

  /** New runs that failed again, each with the id of its entry in the DLQ where that is known. */
  failedAgain(most) {
    const rows = this.#sql.exec(
      "SELECT workflowRunId, newDlqId FROM run WHERE state = 'failedAgain' LIMIT ?",
      most,
    );
    return [...rows].map(({ workflowRunId, newDlqId }) => ({
      workflowRunId,
      ...(newDlqId !== null && { dlqId: newDlqId }),
    }));
  }

  /** The newest links from an entry to its new run. */
  newestRuns(most) {
    const rows = this.#sql.exec(
      "SELECT dlqId, workflowRunId FROM line WHERE workflowRunId IS NOT NULL ORDER BY n DESC LIMIT ?",
      most,
    );
    return [...rows].map(({ dlqId, workflowRunId }) => ({
      ...(dlqId !== null && { dlqId }),
      workflowRunId,
    }));
  }
}
