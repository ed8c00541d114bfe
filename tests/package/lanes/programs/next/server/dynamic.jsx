import { list, Report } from "./report.jsx";

export const dynamic = "force-dynamic";

export default function Page() {
  return <Report first={list} />;
}
