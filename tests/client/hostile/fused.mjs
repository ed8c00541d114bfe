// The package's wasm with a fuse: an exported counter that each function burns down by one as it is
// entered, and at whose end it executes `unreachable`, wherever that is.

import { readFileSync } from "node:fs";
import binaryen from "binaryen";
import { path } from "../../../scripts/lib/run.mjs";

/** Its bytes. `exports.fuse.value` is how many functions are entered until it breaks; 0: it holds. */
export function fused() {
  const module = binaryen.readBinary(readFileSync(path("pkg/core.wasm")));
  const { Features, i32, none } = binaryen;
  // Newer encodings, of which it knows, are more than engines do.
  module.setFeatures(
    Features.BulkMemory |
      Features.BulkMemoryOpt |
      Features.Multivalue |
      Features.MutableGlobals |
      Features.NontrappingFPToInt |
      Features.ReferenceTypes |
      Features.SignExt,
  );
  module.addGlobal("fuse", i32, true, module.i32.const(0));
  module.addGlobalExport("fuse", "fuse");
  const left = () => module.global.get("fuse", i32);
  for (let index = 0; index < module.getNumFunctions(); index++) {
    const ref = module.getFunctionByIndex(index);
    const { module: imported, results } = binaryen.getFunctionInfo(ref);
    if (imported) continue;
    const burn = module.if(
      left(),
      module.block(null, [
        module.global.set("fuse", module.i32.sub(left(), module.i32.const(1))),
        module.if(module.i32.eqz(left()), module.unreachable()),
      ]),
    );
    const body = binaryen.Function.getBody(ref);
    binaryen.Function.setBody(ref, module.block(null, [burn, body], results ?? none));
  }
  if (!module.validate()) throw new Error("the wasm with a fuse is not valid");
  return module.emitBinary();
}
