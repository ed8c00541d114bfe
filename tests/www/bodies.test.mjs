// How the page shows bodies: JSON, text, bytes, steps and stacks.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readable, span } from "../../www/page/text.js";
import { delivered, unstacked } from "../../www/page/unfold.js";

const base64 = (text) => Buffer.from(text).toString("base64");

describe("bodies", () => {
  test("JSON is laid out, text is text, bytes are shown as such", () => {
    const table = [
      ["", undefined, "empty"],
      ['{"a":1}', undefined, "json"],
      ["7", undefined, "text"],
      [`REDACTED:${"a".repeat(64)}`, undefined, "redacted"],
      ["REDACTED:no", undefined, "text"],
      [undefined, base64('{"a":1}'), "json"],
      [undefined, base64("tab\tand\nline"), "text"],
      [undefined, base64("a\0b"), "binary"],
      [undefined, Buffer.from([0xff, 0xfe]).toString("base64"), "binary"],
      [undefined, "%%%", "text"],
    ];
    for (const [body, encoded, kind] of table) {
      assert.equal(readable(body, encoded).kind, kind, `${body} ${encoded}`);
    }
    const long = readable("x".repeat(200_001));
    assert.deepEqual([long.text.length, long.cut], [200_000, 1]);
    const { text } = readable(undefined, base64("Hey\0"));
    assert.equal(text, `00000000  48 65 79 00${" ".repeat(36)}  Hey·`);
  });

  test("a body that is too deep or too long to lay out is shown as it is", () => {
    const deep = (levels) => `${"[".repeat(levels)}1${"]".repeat(levels)}`;
    const inString = JSON.stringify({ text: '[[[[["'.repeat(100), path: "\\\\" });
    const table = [
      [deep(40), "json"],
      [deep(63_500), "text"],
      [`[${"{},".repeat(100)}{}]`, "json"],
      [inString, "json"],
      [JSON.stringify(["x".repeat(250_000)]), "text"],
    ];
    for (const [body, kind] of table) {
      for (const args of [[body], [undefined, base64(body)]]) {
        const shown = readable(...args);
        assert.equal(shown.kind, kind, body.slice(0, 60));
        assert.ok(shown.text.length <= 200_000);
      }
    }
    assert.deepEqual(unstacked(deep(63_500)), { body: deep(63_500) });
    const rest = `{"stack":"a","rest":${deep(63_500)}}`;
    assert.deepEqual(unstacked(rest), { body: rest });
    assert.equal(delivered(`[${deep(63_500)}]`), undefined);
  });

  test("a delivery is what its run was begun with, and the steps that have finished", () => {
    const message = (body) => ({ messageId: "m", body: base64(body), callType: "step" });
    const step = (fields) => message(JSON.stringify({ stepId: 1, stepType: "Run", ...fields }));
    const body = JSON.stringify([
      message('{"order":1}'),
      step({ stepName: "reserve", out: '{"shelf":2}' }),
      step({ stepName: "chart", stepId: 0, targetStep: 2 }),
      step({ stepName: "charge" }),
      message("no step"),
    ]);
    const { payload, steps } = delivered(body);
    assert.equal(readable(undefined, payload).text, '{\n  "order": 1\n}');
    assert.deepEqual(steps, [
      { name: "reserve", result: '{"shelf":2}' },
      { name: "charge", result: '""' },
    ]);
    for (const other of [undefined, "", "x", "[]", "[1]", "null", '{"a":1}', '[{"body":1}]']) {
      assert.equal(delivered(other), undefined, other);
    }
  });

  test("an error's stack stands apart", () => {
    assert.deepEqual(unstacked('{"message":"m","stack":"a\\nb"}'), {
      body: '{"message":"m"}',
      stack: "a\nb",
    });
    for (const body of [undefined, "", "text", '{"stack":7}', "null"]) {
      assert.deepEqual(unstacked(body), { body });
    }
  });

  test("spans are in the largest unit that fits", () => {
    assert.deepEqual([0, 1_400, 90_000, 7_200_000, 172_800_000].map(span), [
      "0 seconds",
      "1 second",
      "2 minutes",
      "2 hours",
      "2 days",
    ]);
  });
});
