// An order, checked while its form is filled in.

import { checkOrder } from "./api.js";
import { canaryIssues } from "./order.js";

/** What is wrong with a form's order: what the Worker would refuse, and half a canary. Nothing is begun. */
export const issuesOf = async (order, form) => [...canaryIssues(form), ...(await refusedOf(order))];

async function refusedOf({ selection, ...order }) {
  const { dlqIds } = selection;
  // Ids are chosen, not typed: one stands for all, so that a check of 50,000 is small.
  const sent = dlqIds ? { ...selection, dlqIds: dlqIds.slice(0, 1) } : selection;
  try {
    await checkOrder({ ...order, selection: sent });
    return [];
  } catch (error) {
    // Where there is no answer, the order is checked when the job is started.
    return error.issues;
  }
}
