// What the package is made of, as a CycloneDX document: the same for the same sources.

import { sha256 } from "./run.mjs";

/**
 * @param {{ name: string, version: string, license: string }} own what package.json says
 * @param {{ name: string, version: string, license: string }[]} crates compiled into the wasm
 */
export function sbom(own, crates) {
  const component = (type, kind, { name, version, license }) => {
    const purl = `pkg:${kind}/${name}@${version}`;
    return { type, "bom-ref": purl, name, version, licenses: [{ expression: license }], purl };
  };
  const root = component("library", "npm", own);
  const components = crates.map((crate) => component("library", "cargo", crate));
  const id = sha256(JSON.stringify([root, components]));
  const part = (from, to) => id.slice(from, to);
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    // A UUID that follows from the content (version 8).
    serialNumber: `urn:uuid:${part(0, 8)}-${part(8, 12)}-8${part(12, 15)}-8${part(15, 18)}-${part(18, 30)}`,
    version: 1,
    metadata: { component: root },
    components,
    dependencies: [{ ref: root.purl, dependsOn: components.map(({ purl }) => purl) }],
  };
}
