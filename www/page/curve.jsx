// When the failures of a kind happened, as a small curve.

import { curvePoints } from "./kinds.js";

const HEIGHT = 16;

export const Curve = ({ curve }) => (
  <svg
    class="curve"
    viewBox={`0 0 ${curve.length} ${HEIGHT}`}
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    <polygon points={curvePoints(curve, HEIGHT)} />
  </svg>
);
