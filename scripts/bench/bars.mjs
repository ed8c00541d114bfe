// Horizontal bars as an SVG that can be read on light and on dark ground.

const WIDTH = 760;
const MARGIN = 16;
const NAMES = 90;
// What a bar's text takes behind the longest one.
const TEXTS = 150;
const ROW = 22;
const GAP = 12;

const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const STYLE = `text{font:13px system-ui,sans-serif;fill:#1f2328}
.title{font-weight:600;font-size:15px}.group{font-weight:600}
.ground{fill:#fff}.ours{fill:#0f766e}.other{fill:#9aa4af}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ground{fill:#0d1117}.ours{fill:#2dd4bf}.other{fill:#6e7681}}`;

/**
 * @typedef {object} Bars
 * @property {string} title
 * @property {{ name: string, bars: { name: string, value: number, text: string, ours?: boolean }[] }[]} groups
 *
 * @param {Bars} bars
 * @returns {string}
 */
export function drawn({ title, groups }) {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const length = (value) => (Math.max(value, 0) / most) * (WIDTH - 2 * MARGIN - NAMES - TEXTS);
  let y = MARGIN;
  const text = (kind, x, content) =>
    `<text class="${kind}" x="${x}" y="${y + 15}">${escaped(content)}</text>`;
  const lines = [text("title", MARGIN, title)];
  y += ROW + GAP / 2;
  for (const { name, bars } of groups) {
    if (name !== "") {
      lines.push(text("group", MARGIN, name));
      y += ROW;
    }
    for (const bar of bars) {
      const left = MARGIN + NAMES;
      const right = Math.max(length(bar.value), 1).toFixed(1);
      lines.push(
        text("name", MARGIN, bar.name),
        `<rect class="${bar.ours ? "ours" : "other"}" x="${left}" y="${y + 3}" width="${right}" height="${ROW - 6}" rx="2"/>`,
        text("value", Number(right) + left + 6, bar.text),
      );
      y += ROW;
    }
    y += GAP;
  }
  const height = y - GAP + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>
${lines.join("\n")}
</svg>
`;
}
