// An order, checked before it is sent.

import { gateway } from "./gateway.js";
import { canaryIssues } from "./order.js";

const PAGES = { resume: "resumePages", restart: "restartPages", delete: "deletePages" };

/** What is wrong with a form's order: what the package would refuse, and half a canary. Nothing is sent. */
export const issuesOf = async (order, form) => [...canaryIssues(form), ...(await refusedOf(order))];

async function refusedOf({ operation, selection, overrides = {}, drive = {} }) {
  if (!PAGES[operation]) return [];
  const args = operation === "delete" ? [selection, drive] : [selection, overrides, drive];
  const { dlq } = await gateway();
  const pages = dlq[PAGES[operation]](...args);
  try {
    await pages.summary();
    return [];
  } catch (error) {
    if (!error.issues) throw error;
    return error.issues;
  } finally {
    await pages.return();
  }
}
