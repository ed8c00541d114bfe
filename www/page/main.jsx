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

const nameOf = ({ who, by }) => `${by} ${who}`;

function Root() {
  const [me, setMe] = useState();
  const [problem, setProblem] = useState();
  /** What the page says of a sign-in that is not what was asked for. */
  const [notice, setNotice] = useState();
  /** Whether nobody is known to be signed in: not before the first answer. */
  const [isOut, setOut] = useState(false);
  const sessions = useRef(0);
  const seen = useRef();
  seen.current = { me, isOut };
  const begin = (who, said) => {
    sessions.current += 1;
    const before = seen.current.me;
    if (before && nameOf(before) !== nameOf(who)) {
      setNotice(`You are ${who.who} now. What ${before.who} chose and entered here is gone.`);
    } else if (said) setNotice(said);
    setMe(who);
    setProblem(undefined);
    setOut(false);
    dispatchEvent(new Event("session-begun"));
  };
  // What was refused may have been asked in the session before: it is asked again if there is one. When the page is looked
  // at again, another tab may have signed in, as somebody else too, or signed out.
  const look = ({ type }) => {
    const session = sessions.current;
    whoAmI().then(
      (who) => {
        const { me: before, isOut: wasOut } = seen.current;
        const isSame = before && nameOf(before) === nameOf(who);
        if (type === "session-ended" || wasOut || !isSame) begin(who);
      },
      ({ status }) => status === 401 && session === sessions.current && setOut(true),
    );
  };
  const enter = async (token) => {
    // The same refusal again is told again.
    setProblem(undefined);
    setNotice(undefined);
    const refusal = token ? await signIn(token).catch((error) => error) : undefined;
    try {
      const who = await whoAmI();
      // A session that there is already stays, whatever token came with a link.
      begin(
        who,
        refusal &&
          `You are still signed in as ${who.who}. The token was not taken: ${refusal.message}`,
      );
    } catch (error) {
      setProblem(refusal ?? error);
      setOut(true);
    }
  };
  useEffect(() => {
    enter(tokenOfLink());
    // For as long as the page is there.
    addEventListener("session-ended", look);
    addEventListener("focus", look);
    // A link that is opened in this very tab loads no page.
    addEventListener("hashchange", () => {
      const token = tokenOfLink();
      if (token) enter(token);
    });
  }, []);
  const leave = () =>
    signOut().then(
      () => location.reload(),
      ({ status, message }) => {
        // A session that has ended already is what was asked for.
        if (status === 401) location.reload();
        else setNotice(`You may still be signed in. ${message}`);
      },
    );
  if (me) {
    return (
      <>
        {notice ? (
          <p class="problem notice" role="alert">
            {notice}{" "}
            <button type="button" class="plain" onClick={() => setNotice(undefined)}>
              Close
            </button>
          </p>
        ) : undefined}
        {/* Somebody else has a page of their own: no form, choice or stream of the one before. */}
        <App key={nameOf(me)} me={me} leave={leave} />
        {isOut ? <SignInAgain problem={problem} enter={enter} me={me} /> : undefined}
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
