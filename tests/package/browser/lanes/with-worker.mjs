const worker = new Worker("/out/bundled-worker.mjs", { type: "module" });
worker.onmessage = ({ data }) => {
  globalThis.result = data;
};
worker.postMessage(JSON.parse(document.querySelector("#env").innerHTML));
