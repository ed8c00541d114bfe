// The time from the first request to the end, in whatever runtime this is.

/** @returns {Promise<{ resumed: number, error?: string, wallMs: number }>} */
export async function timed(work) {
  const begun = performance.now();
  let resumed = 0;
  let error;
  try {
    resumed = await work();
  } catch (thrown) {
    error = thrown.message;
  }
  return { resumed, error, wallMs: performance.now() - begun };
}
