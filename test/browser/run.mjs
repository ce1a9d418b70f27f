// Runs the journeys in Chromium against the real program:
//
//   node run.mjs              all of them
//   node run.mjs article      those whose name contains "article"
//   node run.mjs --shots      and keep a picture of every screen in out/
//   node run.mjs --pictures   and renew the pictures of docs/screenshots
//
// SALLYPORT is the program (bin/sallyport of this checkout if unset), CHROMIUM
// the browser, SALLYPORT_TEST_POSTGRES a PostgreSQL for the journeys that go
// through two processes, RESULTS a file that takes the counts for scripts/test.sh.
import { appendFileSync, readdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { Bench, out } from './support/bench.mjs';
import { unseen } from './support/inspect.mjs';
import { Pair } from './support/pair.mjs';
import { Program } from './support/program.mjs';
import { chosen, runAll } from './support/runner.mjs';

const popups = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup'];
const unwanted = [
  'AimEnabled', 'AvoidCorsURLLoaderRestartOnRedirect', 'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable', 'HttpsUpgrades', 'LensOverlay', 'MediaRouter', 'NetworkTimeServiceQuerying', 'OptimizationHints',
  'PaintHolding', 'PreconnectToSearch', 'TcpPortRandomizationWin', 'ThirdPartyStoragePartitioning',
];
const journeys = new URL('./journeys/', import.meta.url);
for (const file of readdirSync(journeys).sort()) {
  await import(new URL(file, journeys).href);
}

const { values: options, positionals } = parseArgs({
  options: { shots: { type: 'boolean' }, pictures: { type: 'boolean' } }, allowPositionals: true,
});
const wanted = positionals[0] ?? '';
if (wanted === '') {
  rmSync(out, { recursive: true, force: true });
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => process.exit(1));
}
const tests = chosen(wanted);
const postgres = process.env.SALLYPORT_TEST_POSTGRES;
const forPair = tests.some(({ pair }) => pair);
const programs = [];
let count;
try {
  const [demo, pair] = await Promise.all([
    (!postgres || tests.some((one) => !one.pair)) && Program.start(), forPair && postgres && Pair.start(postgres),
  ]);
  programs.push(...[demo, pair].filter(Boolean));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      // The address bar's popups are pages too, two for every window: half of the
      // work. The last list counts, so Playwright's own is in it.
      `--disable-features=${[...popups, ...unwanted]}`,
    ],
  });
  try {
    count = await runAll(tests, (one) => new Bench(one.name, browser, { program: (one.pair && pair) || demo, ...options }), 3);
  } finally {
    await browser.close();
  }
  if (pair) {
    console.log(pair.shared());
  }
  if (wanted === '' && count.failed === 0 && unseen().length > 0) {
    console.log(`not ok - every screen of administrators and of help is looked at\n    ${unseen().join('\n    ')}`);
    count.failed++;
    count.problems.push(`not looked at: ${unseen().join(' ')}`);
  }
} finally {
  await Promise.all(programs.map((program) => program.stop()));
}
if (count.failed > 0) {
  console.log(`the last lines of the programs:\n${programs.map((program) => program.log(40)).join('\n')}`);
}
const alone = forPair && !postgres;
if (alone) {
  console.log('not run: two servers on one PostgreSQL (needs SALLYPORT_TEST_POSTGRES); their journeys went through the demo');
}
if (process.env.RESULTS) {
  const skipped = alone ? 'skip two servers on one PostgreSQL in a browser (needs postgresql)\n' : '';
  appendFileSync(process.env.RESULTS, `pass ${count.passed}\nfail ${count.failed}\n${skipped}`);
}
// Last, since whoever sees only the end of it wants to know this.
for (const problem of count.problems) {
  console.log(`failed: ${problem}`);
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
