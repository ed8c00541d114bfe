// Signs in, and shows the app.

import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
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
  const [expired, setExpired] = useState(false);
  const enter = async (token) => {
    setProblem(undefined);
    try {
      if (token) await signIn(token);
      setMe(await whoAmI());
      setExpired(false);
      dispatchEvent(new Event("session-begun"));
    } catch (error) {
      setProblem(error);
    }
  };
  useEffect(() => void enter(tokenOfLink()), []);
  useEffect(() => {
    const end = () => setExpired(true);
    addEventListener("session-ended", end);
    return () => removeEventListener("session-ended", end);
  }, []);
  const leave = async () => {
    await signOut().catch(() => {});
    location.reload();
  };
  if (me) {
    return (
      <>
        <App me={me} leave={leave} />
        {expired ? <SignInAgain problem={problem} enter={enter} /> : undefined}
      </>
    );
  }
  if (problem) {
    return (
      <main class="sign-in">
        <h1>Dead letter queue</h1>
        <SignIn problem={problem} enter={enter} />
      </main>
    );
  }
  return <p class="start">Loading…</p>;
}

/** Over the page, which keeps its form and its choice. */
function SignInAgain({ problem, enter }) {
  const dialog = useRef();
  useEffect(() => dialog.current.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="sign-in"
      aria-labelledby="again"
      onCancel={(event) => event.preventDefault()}
    >
      <h2 id="again">Your session has ended</h2>
      <p>Sign in again to continue. Nothing you entered is lost.</p>
      <SignIn problem={problem ?? { status: 401 }} enter={enter} />
    </dialog>
  );
}

function SignIn({ problem, enter }) {
  const asked = problem.status === 401;
  const submit = (event) => {
    event.preventDefault();
    const field = event.target.elements.token;
    enter(field.value.trim());
    field.value = "";
  };
  const told = problem.message && problem.message !== "Sign in first.";
  return (
    <>
      {told ? (
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
    </>
  );
}

render(<Root />, document.getElementById("app"));
