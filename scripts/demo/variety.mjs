// Failures as a shop has them, for the page to show: incidents of the last day and a half, and what
// always fails a little. No run is behind them; a few fail again when they are resumed.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const error = (message, name = "Error") => JSON.stringify({ error: name, message });
const url = (path) => `https://shop.example/api/${path}`;

const INCIDENTS = [
  {
    count: 2_300,
    since: 5 * HOUR,
    until: 3.5 * HOUR,
    workflowUrls: [url("order"), url("order"), url("return")],
    labels: ["shop", ["shop", "eu"], ["shop", "us"]],
    statuses: [503],
    responseBodies: [error("the carrier does not answer")],
    bodies: ['{"order":{i},"customer":"c-{i}","items":[{"sku":"A-17","pieces":2}],"cents":4990}'],
    states: ["CALLBACK_FAIL", "CALLBACK_SUCCESS"],
    flowControlKeys: ["carrier", "carrier", null],
    failureCallback: url("failed"),
  },
  {
    count: 900,
    since: 9 * HOUR,
    until: 9 * HOUR - 20 * MINUTE,
    workflowUrls: [url("report/daily"), url("report/monthly")],
    labels: ["nightly"],
    statuses: [500],
    responseBodies: [
      error("the chart server does not answer"),
      error("connect ECONNREFUSED 10.0.4.17:5432"),
    ],
    bodies: ['{"shop":"s-{i}","month":"2026-03","formats":["svg","pdf"]}'],
  },
  {
    count: 700,
    since: 110 * MINUTE,
    until: 4 * MINUTE,
    workflowUrls: [url("mail/receipt"), url("mail/reminder")],
    labels: [["mail", "eu"], "mail"],
    statuses: [429],
    responseBodies: [error("too many requests: 500 mails an hour", "RateLimitError")],
    bodies: ['{"to":"customer-{i}@mail.example","template":"receipt","locale":"de"}'],
    flowControlKeys: ["mail"],
  },
  {
    count: 600,
    since: 36 * HOUR,
    until: 15 * MINUTE,
    workflowUrls: [url("order"), url("subscription/renew")],
    labels: ["shop", ["shop", "renewal"], null],
    statuses: [402, 500],
    responseBodies: [
      error('card "visa" declined', "PaymentError"),
      error("Cannot read properties of undefined (reading 'iban')", "TypeError"),
    ],
    bodies: ['{"order":{i},"method":"card"}', '{"order":{i},"method":"debit","iban":null}'],
    callerIps: ["198.51.100.7", "203.0.113.20", "2001:db8::17"],
    failureCallback: url("failed"),
    states: ["CALLBACK_SUCCESS", "CALLBACK_SUCCESS", "CALLBACK_FAIL", "CALLBACK_CANCELED"],
    runs: { failAgain: 0.3, afterMs: 150_000 },
  },
  {
    count: 350,
    since: 28 * HOUR,
    until: 30 * MINUTE,
    workflowUrls: [url("feed/import")],
    labels: ["feed"],
    statuses: [502, 504],
    responseBodies: [
      "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
      "",
    ],
    bodies: ["sku;pieces;cents\nA-17;4;4990\nA-{i};1;250\n"],
    runs: { failAgain: 0.1, afterMs: 150_000 },
  },
  {
    count: 150,
    since: 20 * HOUR,
    until: HOUR,
    workflowUrls: [url("identity/verify")],
    labels: ["private"],
    statuses: [500],
    responseBodies: [error("the document is not readable")],
    redacted: true,
  },
];

export const SEEDED = INCIDENTS.reduce((all, { count }) => all + count, 0);

/** Adds them to the emulator's dead letter queue. */
export async function seedVariety(emulator) {
  const now = Date.now();
  for (const { since, until, ...incident } of INCIDENTS) {
    await emulator.seed({ ...incident, from: now - since, to: now - until });
  }
}
