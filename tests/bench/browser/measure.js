/**
 * Measures end-to-end conversations in Chromium, beside what they need at least, and prints the figures as one JSON object.
 *
 * node measure.js [--quick] [--attended]
 *
 * --quick       fewer messages, to see that it works
 * --attended    ends, with everything that it started, when its input does
 *
 * The programs are those of SEALWIRE_BIN_DIR.
 */
import { createAccount } from "../../web/harness/accounts.js";
import { Browsers } from "../../web/harness/browser.js";
import { befriend } from "../../web/harness/people.js";
import { Tiers } from "../../web/harness/programs.js";
import { attend } from "./attend.js";
import { measureHistory } from "./history.js";
import { EXPECTED } from "./settings.js";
import { measureTalk } from "./talk.js";

/** Sizes of the reference, and of a run that only shows that it works. */
const SIZES = { history: 300, sent: 50, warmUp: 5 };
const QUICK = { history: 60, sent: 3, warmUp: 1 };

const { history, ...sent } = process.argv.includes("--quick") ? QUICK : SIZES;
const tiers = await Tiers.start();
// Each on a browser of its own: what is said between them crosses processes, as it does between people.
const [here, there] = await Promise.all([Browsers.start(), Browsers.start()]);
if (process.argv.includes("--attended")) attend(stop);
try {
  const [ada, bob] = await Promise.all([here.open(tiers.url, EXPECTED), there.open(tiers.url, EXPECTED)]);
  await Promise.all([createAccount(ada, "Ada", { skip: true }), createAccount(bob, "Bob", { skip: true })]);
  await befriend(ada, bob);
  const talk = await measureTalk(ada, bob, sent);
  const read = await measureHistory(ada, bob, { browsers: there, url: tiers.url, expected: EXPECTED, count: history });
  console.log(JSON.stringify({ talk, history: read }, null, 2));
} finally {
  await stop();
}

async function stop() {
  for (const browsers of [here, there]) await browsers.browser.close();
  await tiers.stop();
}
