// Secrets in texts that leave the program: in each form in which an app or a service may repeat them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { csvRows, reportHead, reportLine } from "../../pkg/cli/csv.js";
import { redactor } from "../../pkg/cli/redact.js";
import { safeJson } from "../../pkg/cli/unsafe.js";

const SECRET = "eyJVc2VySUQi/abc+de==";
const encoded = encodeURIComponent(SECRET);

test("a secret is replaced plain, percent-encoded, and cut off at the end of a value", () => {
  const redacted = redactor([SECRET, undefined, "", "short"]);
  for (const [text, expected] of [
    [`Bearer ${SECRET}.`, "Bearer ***."],
    [`${SECRET}${SECRET}`, "******"],
    [`?qstash_token=${encoded}&x=1`, "?qstash_token=***&x=1"],
    [
      `?qstash_token=${encoded.replace(/%../g, (hex) => hex.toLowerCase())}&x`,
      "?qstash_token=***&x",
    ],
    [SECRET.replace("e", "%65"), "***"],
    // Cut off, at the end of the text and of a value in JSON or CSV.
    [`bad ${SECRET.slice(0, -1)}`, "bad ***"],
    [`{"error":"bad ${SECRET.slice(0, 8)}"}`, '{"error":"bad ***"}'],
    [`1-0,bad ${encoded.slice(0, -3)}\r\n`, "1-0,bad ***\r\n"],
    [`bad ${SECRET.slice(0, 12)}…`, "bad ***…"],
    // Fewer characters, and a text that only begins alike, may be a coincidence.
    [`bad ${SECRET.slice(0, 7)}`, `bad ${SECRET.slice(0, 7)}`],
    [`${SECRET.slice(0, 10)} else`, `${SECRET.slice(0, 10)} else`],
    ["short", "short"],
  ]) {
    assert.equal(redacted(text), expected, text);
  }
});

test("what is left of a secret that was cut, wrapped or encoded in another way is replaced", () => {
  const secret = "eyJVc2VySUQiOiI1ZTEy+Nzg5In0=";
  const redacted = redactor([secret, "another-(secret)-[of]-$igns"]);
  for (const [text, expected] of [
    // Encoded once more, by the link of a sign-in page, by JSON and by HTML.
    [encodeURIComponent(`?t=${encodeURIComponent(secret)}`), "%3Ft%3D***%252BNzg5In0%253D"],
    [`${secret.slice(0, -1)}\\u003d`, "***\\u003d"],
    [`${secret.slice(0, -1)}&#x3D;`, "***&#x3D;"],
    [`'${secret.slice(0, 17)}…' is wrong`, "'***…' is wrong"],
    [`…${secret.slice(10)} is wrong`, "…*** is wrong"],
    [`${secret.slice(0, 14)}\n${secret.slice(14)}\n`, "***\n***\n"],
    ["-(secret)-[of]-$ is wrong", "*** is wrong"],
    // Fewer characters may be a coincidence.
    ["eyJVc2VySUQ is base64", "eyJVc2VySUQ is base64"],
    ["Nzg5In0=", "Nzg5In0="],
  ]) {
    assert.equal(redacted(text), expected, text);
  }
  // The longest one, where a part of the secret comes twice.
  assert.equal(redactor(["XXababababababababYZ"])("_ababababababababYZ"), "_***");
});

test("the case of a secret makes no difference, nor base64 wherever it begins", () => {
  const secret = "eyJVc2VySUQiOiI1ZTEy+Nzg5In0=";
  const redacted = redactor([secret]);
  for (const other of [secret.toLowerCase(), secret.toUpperCase()]) {
    assert.equal(redacted(`bad ${other}.`), "bad ***.");
    assert.equal(redacted(encodeURIComponent(`bad ${other}`)), "bad%20***");
    assert.equal(redacted(`'${other.slice(5, 20)}…' is wrong`), "'***…' is wrong");
    assert.equal(redacted(`bad ${other.slice(0, 8)}`), "bad ***");
  }
  for (const before of ["", ":", "Bearer ", "Authorization: Bearer ", "é"]) {
    for (const after of ["", "\n", '"}', "more of it"]) {
      for (const encoding of ["base64", "base64url"]) {
        const text = Buffer.from(`${before}${secret}${after}`).toString(encoding);
        const clean = redacted(`Basic ${text}, is wrong`);
        // At its ends there may be a character that is the neighbour's in part, and what is beside it.
        assert.match(clean, /^Basic .*\*\*\*.*, is wrong$/, `${before} ${after} ${encoding}`);
        const left = clean.replace(/^Basic |\*\*\*|, is wrong$/g, "");
        assert.ok(left.length <= text.length - 36, clean);
      }
    }
  }
});

test("a fragment in an id is a coincidence, and a whole secret is not", () => {
  // An app's own id, of base64 that begins as the service's tokens do.
  const id = "wfr_eyJVc2VySUQiOiI3In0";
  const secret = "eyJVc2VySUQiOiI1ZTEy+Nzg5In0=";
  const redacted = redactor([secret]);
  const line = { dlqId: id, newDlqId: id, workflowRunId: id, error: id, outcome: "resumed" };
  const seen = { ...line, error: "wfr_***3In0" };
  assert.deepEqual(JSON.parse(safeJson(line, redacted)), seen);
  assert.deepEqual(JSON.parse(safeJson({ runs: [line] }, redacted)), { runs: [seen] });
  const [row] = csvRows(reportHead + reportLine(line, redacted));
  assert.deepEqual([row.dlqId, row.workflowRunId, row.error], [id, id, seen.error]);
  for (const whole of [secret, encodeURIComponent(secret), secret.toLowerCase()]) {
    const worse = { workflowRunId: `wfr_${whole}` };
    assert.equal(safeJson(worse, redacted), '{"workflowRunId":"wfr_***"}');
    assert.equal(reportLine(worse, redacted), ",,wfr_***,,,,\r\n");
  }
});

test("a secret with characters that JSON and CSV quote is replaced there too", () => {
  const secret = 'pass"word\\with (every) [kind] of $ign';
  const redacted = redactor([secret]);
  assert.equal(redacted(secret), "***");
  assert.equal(redacted(JSON.stringify({ error: secret })), '{"error":"***"}');
  assert.equal(redacted(`"${secret.replaceAll('"', '""')}"`), '"***"');
  assert.equal(redactor(["123456", "12345678"])("12345678"), "***");
});

test("JSON stays JSON, whatever is before what may be a secret", () => {
  const range = (from, to) => Array.from({ length: to - from }, (_, index) => from + index);
  const escaped = [...range(0, 0x100), ...range(0x2000, 0x2070), ...range(0xd800, 0xd810)];
  // Each begins with what an escape may end with: everybody knows how the service's tokens begin.
  for (const secret of [SECRET, "n-of-a-line-break", "0123456789abcdef", '"quoted\\ secret"']) {
    const redacted = redactor([secret]);
    for (const code of escaped) {
      const text = `${String.fromCodePoint(code)}${secret.slice(1)}`;
      const json = safeJson({ [text]: [{ text, code, none: null }] }, redacted);
      const clean = redacted(text);
      assert.deepEqual(JSON.parse(json), { [clean]: [{ text: clean, code, none: null }] });
    }
    const all = { [secret]: { error: `bad ${secret}` }, at: 123456789012 };
    assert.equal(safeJson(all, redacted), '{"***":{"error":"bad ***"},"at":123456789012}');
  }
  const named = safeJson({ toJSON: () => ({ name: SECRET }) }, redactor([SECRET]));
  assert.equal(named, '{"name":"***"}');
});

test("the time grows with the length of the text", () => {
  const redacted = redactor([`${"a".repeat(90)}b`, `${"ab".repeat(40)}c`]);
  const timed = (length) => {
    const begun = performance.now();
    redacted("a".repeat(length));
    redacted("ab".repeat(length / 2));
    return performance.now() - begun;
  };
  timed(1_000);
  // What else the machine does makes some slower, and none quicker.
  const least = (length) => Math.min(...Array.from({ length: 5 }, () => timed(length)));
  const [short, long] = [least(10_000), least(100_000)];
  assert.ok(long < 40 * Math.max(short, 1), `${short} ms, ${long} ms`);
});
