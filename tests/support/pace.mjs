// How well a client keeps to a burst limit, from the emulator's log of requests.

/**
 * Of the time after the first second, when the client knows the limit.
 *
 * @param {{ at: number, status: number }[]} requests in order
 * @param {number} limit requests a second
 * @returns {{ seconds: number, share: number, refused: number }} `seconds` that were full; `share` of
 *   what the limit allows in them; `refused`: the part of the requests that was answered 429
 */
export function paceOf(requests, limit) {
  const first = requests[0].at;
  const last = requests.at(-1).at;
  const settled = requests.filter(({ at }) => at >= first + 1_000);
  const refused = settled.filter(({ status }) => status === 429).length / settled.length;
  const seconds = Math.floor((last - first - 1_000) / 1_000);
  const good = settled.filter(
    ({ at, status }) => status === 200 && at < first + 1_000 + seconds * 1_000,
  );
  return { seconds, share: good.length / (seconds * limit), refused };
}
