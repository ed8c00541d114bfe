// Shows the entries of the DLQ by error, and resumes the entries that were shown. Bundle it: `esbuild page.js --bundle --format=esm`.

import { Client } from "upstash-workflow-dlq";

const { dlq } = new Client({ auth: "none", baseUrl: "/dlq" });
const [count, errors, button] = ["count", "errors", "resume"].map((id) =>
  document.getElementById(id),
);

const preview = await dlq.preview({ all: true });
count.textContent = `${preview.count} failed`;
errors.replaceChildren(
  ...preview.groups.error.values.map(({ key, count }) => {
    const item = document.createElement("li");
    // As text, not HTML: an error message may contain anything.
    item.textContent = `${count} × ${key}`;
    return item;
  }),
);

button.disabled = preview.count === 0;
button.onclick = async () => {
  button.disabled = true;
  try {
    // Exactly the entries that were shown, without later failures.
    for await (const { progress } of dlq.resumePages(preview.selection, { retries: 3 })) {
      count.textContent = `${progress.done} of ${preview.count} resumed`;
    }
    count.textContent += ", done";
  } catch (error) {
    count.textContent = `${error.message}. Reload the page to see what is left.`;
  }
};
