// How many entries a page of a list has, where payloads are large.

/** Entries in a page, and by how much fewer there are in one that was larger than a response may be. */
const LARGEST = 100;
const SHRINK = 32;

/**
 * Calls `ask` with a page size, and again with a smaller one where a page is larger than a response may be: a drive
 * halves its pages at each of its five attempts, and fails where six entries are still too large.
 *
 * @template T
 * @param {(pageSize: number) => Promise<T>} ask
 * @returns {Promise<T>} rejects where a single entry is too large
 */
export async function withPageSize(ask, pageSize = LARGEST) {
  try {
    return await ask(pageSize);
  } catch (error) {
    if (error.code !== "response_too_large" || pageSize === 1) throw error;
    return withPageSize(ask, Math.floor(pageSize / SHRINK) || 1);
  }
}
