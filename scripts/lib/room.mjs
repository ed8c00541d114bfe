// What takes the room in a wasm: bytes of code by crate, and by file or folder within ours. Read from the
// names that the compiler leaves, so of the wasm before wasm-bindgen and wasm-opt.

const CODE = 10;

/** Numbers of a wasm are LEB128. */
function reader(bytes) {
  let at = 0;
  return {
    get at() {
      return at;
    },
    number() {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++];
        value += (byte & 127) * 2 ** shift;
        if (byte < 128) return value;
      }
    },
    byte: () => bytes[at++],
    take(length) {
      at += length;
      return bytes.subarray(at - length, at);
    },
  };
}

/** The sizes of the functions' bodies, in order. */
function bodies(wasm) {
  const module = reader(wasm);
  module.take(8);
  while (module.at < wasm.length) {
    const id = module.byte();
    const content = module.take(module.number());
    if (id !== CODE) continue;
    const code = reader(content);
    return Array.from({ length: code.number() }, () => code.take(code.number()).length);
  }
  return [];
}

/** The names of functions, by index. */
function functionNames(module) {
  const [section] = WebAssembly.Module.customSections(module, "name");
  const names = reader(new Uint8Array(section));
  for (;;) {
    const kind = names.byte();
    const part = reader(names.take(names.number()));
    if (kind !== 1) continue;
    const text = new TextDecoder();
    const entry = () => [part.number(), text.decode(part.take(part.number()))];
    return new Map(Array.from({ length: part.number() }, entry));
  }
}

/** The identifiers that a mangled name spells out from here, each after its length. */
function spelled(text) {
  const [digits] = /^\d+/.exec(text) ?? [""];
  if (!digits) return [];
  const rest = text.slice(digits.length).replace(/^_/, "");
  return [rest.slice(0, Number(digits)), ...spelled(rest.slice(Number(digits)))];
}

/** The first crate of a mangled name; the module, and the file or folder in it, where it is ours. */
function owner(name, own) {
  const crate = /Cs[0-9A-Za-z]+_(\d.*)/.exec(name)?.[1];
  if (!name.startsWith("_R") || !crate) return "glue";
  const path = spelled(crate);
  return path[0] === own ? path.slice(1, 3).join("::") : path[0];
}

/** `[owner, bytes]`, the largest first; what wasm-bindgen reads and throws away is left out. */
export function room(wasm, own) {
  const module = new WebAssembly.Module(wasm);
  const imported = WebAssembly.Module.imports(module).filter(({ kind }) => kind === "function");
  const names = functionNames(module);
  const sums = new Map();
  for (const [index, size] of bodies(wasm).entries()) {
    const name = names.get(index + imported.length) ?? "";
    if (/describe/i.test(name)) continue;
    const key = owner(name, own);
    sums.set(key, (sums.get(key) ?? 0) + size);
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}
