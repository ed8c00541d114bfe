"use client";

import { useEffect, useState } from "react";
import * as dlq from "upstash-workflow-dlq";
import { lane } from "../lane.mjs";

export default function Page() {
  const [result, setResult] = useState("");
  useEffect(() => {
    const env = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    const show = (value) => setResult(JSON.stringify(value));
    lane(dlq, env).then(show, (error) => show({ error: String(error) }));
  }, []);
  return <output id="result">{result}</output>;
}
