// Bytes as text that no bundler or minifier changes and that compresses like the bytes themselves.
//
// Printable ASCII without quote, dollar, backslash and backtick: 91 characters. The 89 commonest bytes
// take one each, every other byte one of two escapes and one more, so that equal bytes are equal text
// wherever they stand: gzip and brotli find the repetitions that base64 hides.

const LEFT_OUT = '"$\\`';
const ALPHABET = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  .filter((character) => !LEFT_OUT.includes(character))
  .join("");
const COMMON = ALPHABET.length - 2;

/**
 * @param {Uint8Array} bytes
 * @returns {{ common: string, text: string }} `common`: the bytes that take one character, in hex
 */
export function pack(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const ranked = counts.map((_, byte) => byte).sort((a, b) => counts[b] - counts[a] || a - b);
  const common = ranked.slice(0, COMMON).sort((a, b) => a - b);
  const rest = ranked.slice(COMMON).sort((a, b) => a - b);
  const texts = [];
  common.forEach((byte, i) => {
    texts[byte] = ALPHABET[i];
  });
  rest.forEach((byte, i) => {
    texts[byte] = ALPHABET[COMMON + Math.floor(i / 91)] + ALPHABET[i % 91];
  });
  return {
    common: Buffer.from(common).toString("hex"),
    text: Array.from(bytes, (byte) => texts[byte]).join(""),
  };
}

/** The module that holds `bytes`, decoded when asked for. */
export function packedModule(bytes) {
  const { common, text } = pack(bytes);
  return `const common = "${common}";
const text = "${text}";

/** The WebAssembly module. */
export function bytes() {
  const table = [];
  for (let i = 0; i < ${COMMON * 2}; i += 2) table.push(Number.parseInt(common.slice(i, i + 2), 16));
  const known = new Set(table);
  for (let byte = 0; byte < 256; byte++) if (!known.has(byte)) table.push(byte);
  const values = Uint8Array.from(table);
  // A character's place among the printable ones, without the four that are left out.
  const places = new Uint8Array(128);
  for (let code = 32, place = 0; code < 127; code++) {
    places[code] = place;
    if (code !== 34 && code !== 36 && code !== 92 && code !== 96) place++;
  }
  // One call for all codes: this loop runs once, and so before any runtime has compiled it.
  const codes = new TextEncoder().encode(text);
  const out = new Uint8Array(${bytes.length});
  for (let from = 0, to = 0; from < codes.length; ) {
    let value = places[codes[from++]];
    if (value >= ${COMMON}) value = ${COMMON} + (value - ${COMMON}) * 91 + places[codes[from++]];
    out[to++] = values[value];
  }
  return out;
}
`;
}
