import { Suspense } from "react";
import { list, Report } from "./report.jsx";

export default function Page() {
  return (
    <Suspense fallback="…">
      <Report first={list} />
    </Suspense>
  );
}
