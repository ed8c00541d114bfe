const worker = new Worker("/out/web-worker.mjs", { type: "module" });
worker.onmessage = ({ data }) => {
  document.querySelector("#result").textContent = JSON.stringify(data);
};
worker.postMessage(JSON.parse(decodeURIComponent(location.hash.slice(1))));
