import { list, Report } from "./report.jsx";

export default function Page() {
  return <Report first={list} />;
}
