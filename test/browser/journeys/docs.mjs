// docs/article.md names tests and pictures: all of them exist.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { names, test } from '../support/runner.mjs';

const project = new URL('../../../', import.meta.url);

test('docs: every test and picture that the article page names is there', async () => {
  const page = readFileSync(new URL('docs/article.md', project), 'utf8');
  const journeys = [...page.matchAll(/`([a-z-]+\.mjs)` "([^"]+)"( ⌀)?/g)];
  assert.ok(journeys.length > 10, 'journeys are named');
  for (const [, file, name, twice] of journeys) {
    assert.ok(existsSync(new URL(`test/browser/journeys/${file}`, project)), `${file} is there`);
    assert.ok(names().includes(name), `there is a journey "${name}"`);
    assert.ok(!twice || names().includes(`${name}, without JavaScript`), `"${name}" runs without JavaScript too`);
  }
  for (const [, name] of page.matchAll(/"([a-z]+: [^"]+)"/g)) {
    assert.ok(names().includes(name), `there is a journey "${name}"`);
  }
  for (const [, file, name] of page.matchAll(/`(internal\/\S+_test\.go)` (Test\w+)/g)) {
    assert.match(readFileSync(new URL(file, project), 'utf8'), new RegExp(`func ${name}\\(`), `${name} is in ${file}`);
  }
  for (const [, file] of page.matchAll(/`(internal\/\S+\.txtar)`/g)) {
    assert.ok(existsSync(new URL(file, project)), `${file} is there`);
  }
  const shown = new Set([...page.matchAll(/\(screenshots\/([^)]+)\)/g)].map(([, file]) => file));
  assert.deepEqual([...shown].sort(), readdirSync(new URL('docs/screenshots/', project)).sort(), 'the pictures are those that are shown');
});
