// Signs in, and shows the app.

import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { signIn, signOut, whoAmI } from "./api.js";
import { App } from "./app.jsx";
import { SignIn, SignInAgain } from "./sign-in.jsx";

/** The link's token, taken out of the address bar and the history at once. */
function tokenOfLink() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) history.replaceState(undefined, "", location.pathname + location.search);
  return token;
}

function Root() {
  const [me, setMe] = useState();
  const [problem, setProblem] = useState();
  /** Whether nobody is known to be signed in: not before the first answer. */
  const [isOut, setOut] = useState(false);
  const sessions = useRef(0);
  const begin = (who) => {
    sessions.current += 1;
    setMe(who);
    setProblem(undefined);
    setOut(false);
    dispatchEvent(new Event("session-begun"));
  };
  // What was refused may have been asked in the session before: it is asked again if there is one.
  const look = () => {
    const session = sessions.current;
    whoAmI().then(
      begin,
      ({ status }) => status === 401 && session === sessions.current && setOut(true),
    );
  };
  const enter = async (token) => {
    // The same refusal again is told again.
    setProblem(undefined);
    try {
      if (token) await signIn(token);
      begin(await whoAmI());
    } catch (error) {
      setProblem(error);
      setOut(true);
    }
  };
  useEffect(() => void enter(tokenOfLink()), []);
  useEffect(() => {
    addEventListener("session-ended", look);
    return () => removeEventListener("session-ended", look);
  }, []);
  const leave = () => signOut().then(() => location.reload());
  if (me) {
    return (
      <>
        <App me={me} leave={leave} />
        {isOut ? (
          <SignInAgain problem={problem} enter={enter} byAccess={me.by === "access"} look={look} />
        ) : undefined}
      </>
    );
  }
  if (isOut) {
    return (
      <main class="sign-in">
        <h1>Dead letter queue</h1>
        <SignIn problem={problem} enter={enter} />
      </main>
    );
  }
  return <p class="start">Loading…</p>;
}

render(<Root />, document.getElementById("app"));
