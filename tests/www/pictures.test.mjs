// The pictures of www/README.md are pictures of the page: the command still takes them, and none is blank.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { path } from "../../scripts/lib/run.mjs";
import { launchChromium } from "../support/chromium.mjs";

const KEPT = path("www/pictures");

/** Size of a picture, and how many colors a coarse grid of its pixels has. */
async function looked(browser, file) {
  const page = await browser.newPage();
  const url = `data:image/webp;base64,${readFileSync(file).toString("base64")}`;
  const found = await page.evaluate(async (src) => {
    const image = new Image();
    image.src = src;
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const colors = new Set();
    for (let y = 0; y < height; y += 3) {
      for (let x = 0; x < width; x += 3) {
        const at = (y * width + x) * 4;
        // Sixteen levels of each: noise of the compression is no color.
        colors.add(((data[at] >> 4) << 8) | ((data[at + 1] >> 4) << 4) | (data[at + 2] >> 4));
      }
    }
    return { size: `${width} × ${height}`, colors: colors.size };
  }, url);
  await page.close();
  return found;
}

test("the command takes a picture of the page, and those that are kept are of its size", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "dlq-pictures-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const browser = await launchChromium();
  t.after(() => browser.close());
  const args = [path("scripts/pictures.mjs"), "--only", "resume", "--to", folder];
  await promisify(execFile)(process.execPath, args);
  assert.deepEqual(readdirSync(folder), ["resume.webp"]);
  const taken = await looked(browser, join(folder, "resume.webp"));
  assert.equal(taken.size, "1280 × 800");
  assert.ok(taken.colors > 50, `${taken.colors} colors`);

  const named = readFileSync(path("www/README.md"), "utf8").matchAll(/\(pictures\/(\w+\.webp)\)/g);
  const kept = [...named].map(([, name]) => name);
  assert.equal(kept.length, 5);
  for (const name of kept) {
    const { size, colors } = await looked(browser, join(KEPT, name));
    assert.equal(size, name === "phone.webp" ? "390 × 844" : "1280 × 800", name);
    assert.ok(colors > 50, `${name}: ${colors} colors`);
  }
});
