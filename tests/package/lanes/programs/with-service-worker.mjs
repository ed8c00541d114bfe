const show = ({ data }) => {
  document.querySelector("#result").textContent = JSON.stringify(data);
};
navigator.serviceWorker.addEventListener("message", show);
navigator.serviceWorker.startMessages();
const { active, installing, waiting } = await navigator.serviceWorker.register(
  "/out/service-worker.mjs",
  { scope: "/out/" },
);
const worker = active ?? waiting ?? installing;
const env = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const send = () => worker.postMessage(env);
if (worker.state === "activated") send();
else worker.addEventListener("statechange", () => worker.state === "activated" && send());
