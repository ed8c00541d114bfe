// Signing in: before the page is there, and over it once its session has ended.

import { useEffect, useRef, useState } from "preact/hooks";

/**
 * @param {object} props
 * @param {Error} [props.problem] why nobody is signed in
 * @param {(token?: string) => Promise<void>} props.enter
 */
export function SignIn({ problem, enter }) {
  const field = useRef();
  const [busy, setBusy] = useState(false);
  // Once it was asked for, the form stays: with a Worker that is away the token need not be typed again.
  const asked = useRef(false);
  asked.current ||= problem?.status === 401;
  useEffect(() => field.current?.focus(), [asked.current]);
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    await enter(field.current.value.trim());
    setBusy(false);
    field.current?.focus();
    field.current?.select();
  };
  const told = problem?.message !== "Sign in first." && problem?.message;
  return (
    <>
      {told ? (
        <p class="problem" role="alert">
          {told}
        </p>
      ) : undefined}
      {asked.current ? (
        <form onSubmit={submit}>
          {/* Password managers keep a password by its user. */}
          <input autocomplete="username" value="admin" readOnly hidden />
          <label for="token">Admin token</label>
          <input id="token" ref={field} type="password" autocomplete="current-password" required />
          <button type="submit" class="primary" aria-disabled={busy}>
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

/**
 * Over the page, which keeps its form and its choice. Nothing but a session closes it, and the focus returns.
 *
 * @param {object} props
 * @param {{ who: string, by: "access" | "token" }} props.me whose session it was; no token continues one of Cloudflare Access
 */
export function SignInAgain({ problem, enter, me }) {
  const byAccess = me.by === "access";
  const dialog = useRef();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current.showModal();
    // A dialog that is taken out of the document returns no focus; what it covered takes none before.
    return () => void setTimeout(() => before.focus());
  }, []);
  return (
    <dialog
      ref={dialog}
      class="sign-in"
      aria-labelledby="again"
      // A browser may close the dialog below by the same Escape, and its form with it.
      onKeyDown={(event) => event.key === "Escape" && event.preventDefault()}
      onCancel={(event) => event.preventDefault()}
      // A phone's "back" can't be refused twice.
      onClose={({ target }) => target.isConnected && target.showModal()}
    >
      <h2 id="again">Your session has ended</h2>
      <p>
        Sign in again{byAccess ? ` as ${me.who}` : ""} to continue. Nothing you entered is lost.
      </p>
      {byAccess ? (
        <p>
          <a href="/" target="_blank" rel="noreferrer">
            Sign in by Cloudflare Access in another tab
          </a>
          , then return to this one.
        </p>
      ) : (
        <SignIn problem={problem ?? { status: 401 }} enter={enter} />
      )}
    </dialog>
  );
}
