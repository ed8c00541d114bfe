import { Suspense } from "react";
import { preview, Report } from "./report.jsx";

export default function Page() {
  return (
    <Suspense fallback="…">
      <Report first={preview} />
    </Suspense>
  );
}
