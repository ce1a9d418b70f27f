// A runner of named tests: no framework, so that what happens is on this page.
const tests = [];

// test registers a journey. Its body gets the bench: the running program, the
// browser and what to check with (bench.mjs).
export function test(name, body) {
  tests.push({ name, body, pair: false });
}

// testOnPair registers a journey that goes through two processes on one
// PostgreSQL (pair.mjs), and through the demo where there is no PostgreSQL.
export function testOnPair(name, body) {
  tests.push({ name, body, pair: true });
}

// names lists all journeys.
export function names() {
  return tests.map(({ name }) => name);
}

// chosen returns the journeys whose name contains wanted.
export function chosen(wanted) {
  return tests.filter(({ name }) => name.includes(wanted));
}

// runAll runs tests, a few at a time, and prints a line for each as it ends. It
// resolves to { passed, failed, problems }, the problems one line each.
export async function runAll(chosen, makeBench, atOnce) {
  const waiting = [...chosen];
  const count = { passed: 0, failed: 0, problems: [] };
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const problem = await runOne(next, makeBench(next));
      count[problem ? 'failed' : 'passed']++;
      if (problem) {
        count.problems.push(`${next.name}: ${String(problem).split('\n', 1)[0]}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return count;
}

// runOne returns what went wrong, or nothing.
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
  return problem;
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
