// A runner of named tests: no framework, so that what happens is on this page.
const tests = [];

// test registers a journey. Its body gets the bench: the running program, the
// browser and what to check with (bench.mjs).
export function test(name, body) {
  tests.push({ name, body });
}

// names lists all journeys.
export function names() {
  return tests.map(({ name }) => name);
}

// runAll runs the tests whose name contains wanted, a few at a time, and prints
// a line for each as it ends. It resolves to { passed, failed }.
export async function runAll(makeBench, wanted, atOnce) {
  const waiting = tests.filter(({ name }) => name.includes(wanted));
  const count = { passed: 0, failed: 0 };
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      count[(await runOne(next, makeBench(next.name))) ? 'passed' : 'failed']++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return count;
}

async function runOne({ name, body }, bench) {
  const began = Date.now();
  let problem;
  try {
    await within(120_000, body(bench));
    bench.throwTroubles();
  } catch (error) {
    problem = error;
    await bench.keepEvidence();
  }
  await bench.close();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(problem ? `not ok - ${name} (${seconds} s)\n${indent(problem.stack ?? String(problem))}` : `ok - ${name} (${seconds} s)`);
  return !problem;
}

// within rejects when a promise takes longer than so many milliseconds.
async function within(limit, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${limit / 1000} s`)), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function indent(text) {
  return text.replace(/^/gm, '    ');
}
