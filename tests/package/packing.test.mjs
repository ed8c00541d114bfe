import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { pack, packedModule } from "../../scripts/lib/packing.mjs";

/** Packs, loads the module that the build would write, and asks it for the bytes. */
async function roundtrip(bytes) {
  const source = Buffer.from(packedModule(bytes)).toString("base64");
  const module = await import(`data:text/javascript;base64,${source}`);
  return module.bytes();
}

/** The same bytes on every run. `skew` > 1 makes small values commoner, as in a real module. */
function random(seed, length, skew = 1) {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i += 8) {
    const block = createHash("sha256").update(`${seed}:${i}`).digest();
    for (let j = 0; j < 8 && i + j < length; j++) {
      out[i + j] = Math.floor((block.readUInt32LE(4 * j) / 2 ** 32) ** skew * 256);
    }
  }
  return out;
}

const same = async (bytes) => assert.deepEqual(await roundtrip(bytes), bytes);

test("no bytes", () => same(new Uint8Array()));

test("every value alone", async () => {
  for (let byte = 0; byte < 256; byte++) await same(Uint8Array.of(byte));
});

test("every value, in either order", async () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  await same(all);
  await same(all.slice().reverse());
});

test("every value after every value", async () => {
  await same(Uint8Array.from({ length: 2 * 65536 }, (_, i) => (i % 2 ? i >> 1 : i >> 9) & 255));
});

for (const skew of [1, 3, 8]) {
  test(`random bytes, skew ${skew}`, async () => {
    for (let length = 1; length < 40; length++) await same(random(`short ${skew}`, length, skew));
    await same(random(`long ${skew}`, 50_000, skew));
  });
}

test("each call answers bytes of its own", async () => {
  const source = Buffer.from(packedModule(Uint8Array.of(1, 2, 3))).toString("base64");
  const { bytes } = await import(`data:text/javascript;base64,${source}`);
  bytes().fill(9);
  assert.deepEqual(bytes(), Uint8Array.of(1, 2, 3));
});

test("only printable ASCII that needs no escape in any kind of string", () => {
  const { text } = pack(random("alphabet", 20_000));
  assert.match(text, /^[ -~]+$/);
  assert.doesNotMatch(text, /["$\\`]/);
});

test("the commonest bytes take one character", () => {
  const { text } = pack(Uint8Array.from({ length: 890 }, (_, i) => 160 + (i % 89)));
  assert.equal(text.length, 890);
});
