// The documented API: the page to read it, and what an independent linter says of
// its document.
import assert from 'node:assert/strict';
import redocly from '@redocly/openapi-core';
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import { heading } from '../support/steps.mjs';

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
  const whole = await answer.text();
  // A test's server is on this machine, which is what that one rule is about.
  const config = await redocly.createConfig({ extends: ['recommended'], rules: { 'no-server-example.com': 'off' } });
  const faults = async (source) => (await redocly.lintFromString({ source, config })).map(({ ruleId, message }) => `${ruleId}: ${message}`);
  assert.deepEqual(await faults(whole), []);
  const twice = whole.replace('"list-people"', '"get-person"');
  assert.match((await faults(twice)).join(), /operation-operationId-unique/, 'a fault would be found');
});
