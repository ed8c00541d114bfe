// Sessions that were ended, and who tries wrong tokens: one object for all of them.

import { DurableObject } from "cloudflare:workers";
import { Throttle } from "./throttle.js";

/** Wrong tokens of one address in a minute. */
const WRONG_TOKENS = 10;

export class Sessions extends DurableObject {
  #sql = this.ctx.storage.sql;
  // Lost when the object is evicted, which takes a pause that nobody who guesses makes.
  #wrong = new Throttle({ most: WRONG_TOKENS, windowMs: 60_000 });

  constructor(ctx, env) {
    super(ctx, env);
    this.#sql.exec("CREATE TABLE IF NOT EXISTS revoked (id TEXT PRIMARY KEY, until INTEGER)");
  }

  /** Ends a session, which would otherwise end at `until`, in milliseconds since 1970. */
  revoke(id, until) {
    this.#sql.exec("DELETE FROM revoked WHERE until < ?", Date.now());
    this.#sql.exec("INSERT OR IGNORE INTO revoked VALUES (?, ?)", id, until);
  }

  isRevoked(id) {
    return this.#sql.exec("SELECT 1 FROM revoked WHERE id = ?", id).toArray().length > 0;
  }

  /**
   * Counts a token that somebody tried.
   *
   * @param {string} from the address
   * @param {boolean} isRight
   * @returns {number} milliseconds to wait before even the right token is taken from there; 0: none
   */
  tried(from, isRight) {
    const wait = this.#wrong.wait(from);
    if (wait === 0 && !isRight) this.#wrong.add(from);
    return wait;
  }
}
