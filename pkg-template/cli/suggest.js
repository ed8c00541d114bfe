// "Did you mean": the name that is nearest to what was typed.

/** Insertions, deletions, exchanges and swaps of neighbours that lead from one text to the other. */
const distance = (from, to) => {
  let before = [];
  let last = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      row[j] = Math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + same);
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[to.length];
};

/** The nearest of `names`, if one is near: a word of its name is, and an override's name without its `set-`. */
export const nearest = (typed, names) => {
  if (names.includes(`set-${typed}`)) return `set-${typed}`;
  const whole = names.find((name) => name.split("-").includes(typed));
  if (whole) return whole;
  const [best] = names
    .map((name) => ({ name, steps: distance(typed, name) }))
    .sort((a, b) => a.steps - b.steps);
  return best && best.steps <= Math.max(1, Math.floor(typed.length / 3)) ? best.name : undefined;
};
