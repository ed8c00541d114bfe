// Signs in, and shows the app.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { signIn, signOut, whoAmI } from "./api.js";
import { App } from "./app.jsx";

/** The link's token, taken out of the address bar and the history at once. */
function tokenOfLink() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) history.replaceState(undefined, "", location.pathname + location.search);
  return token;
}

function Root() {
  const [me, setMe] = useState();
  const [problem, setProblem] = useState();
  const enter = async (token) => {
    setProblem(undefined);
    try {
      if (token) await signIn(token);
      setMe(await whoAmI());
    } catch (error) {
      setMe(undefined);
      setProblem(error);
    }
  };
  useEffect(() => void enter(tokenOfLink()), []);
  const leave = async () => {
    await signOut().catch(() => {});
    location.reload();
  };
  if (me) return <App me={me} leave={leave} />;
  if (problem) return <SignIn problem={problem} enter={enter} />;
  return <p class="start">Loading…</p>;
}

function SignIn({ problem, enter }) {
  const asked = problem.status === 401;
  const submit = (event) => {
    event.preventDefault();
    const field = event.target.elements.token;
    enter(field.value.trim());
    field.value = "";
  };
  return (
    <main class="sign-in">
      <h1>Dead letter queue</h1>
      {problem.code !== "unauthorized" || problem.message !== "Sign in first." ? (
        <p class="problem" role="alert">
          {problem.message}
        </p>
      ) : undefined}
      {asked ? (
        <form onSubmit={submit}>
          <label for="token">Admin token</label>
          <input id="token" name="token" type="password" autocomplete="current-password" required />
          <button type="submit" class="primary">
            Sign in
          </button>
        </form>
      ) : (
        <button type="button" onClick={() => enter()}>
          Try again
        </button>
      )}
    </main>
  );
}

render(<Root />, document.getElementById("app"));
