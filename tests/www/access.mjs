// Cloudflare Access as the Worker sees it: a team's public keys, and assertions that are signed with them.

import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { path } from "../../scripts/lib/run.mjs";

// The admin app's own.
const { exportJWK, generateKeyPair, SignJWT } = await import(
  createRequire(path("www/package.json")).resolve("jose")
);

const AUDIENCE = "the-application";
export const EMAIL = "on-call@example.com";

/** @returns {Promise<{ bindings: object, assertion: Function, close: () => void }>} */
export async function startAccess() {
  const [{ publicKey, privateKey }, other] = await Promise.all([
    generateKeyPair("RS256"),
    generateKeyPair("RS256"),
  ]);
  const key = { ...(await exportJWK(publicKey)), kid: "k", alg: "RS256" };
  const team = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: [key] }));
  }).listen(0, "127.0.0.1");
  await once(team, "listening");
  const issuer = `http://127.0.0.1:${team.address().port}`;
  const assertion = ({
    email = EMAIL,
    audience = AUDIENCE,
    from = issuer,
    expires = "1h",
    strange,
  } = {}) => {
    const jwt = new SignJWT({ email })
      .setProtectedHeader({ alg: "RS256", kid: "k" })
      .setIssuer(from)
      .setAudience(audience);
    if (expires) jwt.setExpirationTime(expires);
    return jwt.sign(strange ? other.privateKey : privateKey);
  };
  return {
    bindings: { CF_ACCESS_TEAM_DOMAIN: issuer, CF_ACCESS_AUD: AUDIENCE },
    assertion,
    close: () => team.close(),
  };
}

/** Assertions that must not hold. */
export const badAssertions = async (assertion) => ({
  nonsense: "a.b.c",
  "another application's": await assertion({ audience: "another" }),
  "another team's": await assertion({ from: "https://other.example" }),
  "one that is over": await assertion({ expires: "-1m" }),
  "one without an end": await assertion({ expires: null }),
  "another key's": await assertion({ strange: true }),
});
