// The documented API: the page to read it, and what an independent linter says of
// its document.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import { heading } from '../support/steps.mjs';

const run = promisify(execFile);

test('api: the page to read it', async ({ page: open, shot }) => {
  const page = await open();
  const elsewhere = [];
  await page.goto('/help');
  page.on('request', (r) => elsewhere.push(r.url()));
  await page.getByRole('link', { name: 'API for programs' }).click();
  await heading(page, 'API for programs');
  await page.getByRole('heading', { name: 'Lists people, or finds some' }).waitFor();
  const origin = new URL(page.url()).origin;
  assert.deepEqual(elsewhere.filter((url) => !url.startsWith(origin)), [], 'nothing is loaded from elsewhere');
  await page.getByRole('link', { name: 'Person', exact: true }).first().click();
  assert.equal(new URL(page.url()).hash, '#Person');
  await page.goto('/api/v1/docs');
  await inspector(shot)(page, 'api-docs');
});

test('api: an independent linter finds nothing in the document', async ({ page: open }) => {
  const page = await open();
  const answer = await page.request.get('/api/v1/openapi.json');
  assert.equal(answer.headers()['content-type'], 'application/openapi+json');
  const folder = await mkdtemp(join(tmpdir(), 'openapi-'));
  try {
    await writeFile(join(folder, 'openapi.json'), await answer.body());
    const redocly = new URL('../node_modules/@redocly/cli/bin/cli.js', import.meta.url).pathname;
    // A test's server is on this machine, which is what that one rule is about.
    const { stdout, stderr } = await run(process.execPath, [redocly, 'lint', '--skip-rule=no-server-example.com', '--format=json', 'openapi.json'], {
      cwd: folder, env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    });
    const { totals } = JSON.parse(stdout.slice(stdout.indexOf('{')));
    assert.equal(totals.errors + totals.warnings, 0, stdout + stderr);
  } finally {
    await rm(folder, { recursive: true });
  }
});
