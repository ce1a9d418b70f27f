// What is true of every screen, whatever it is about.
import assert from 'node:assert/strict';
import axe from 'axe-core';

// accessible fails on anything axe-core calls serious or critical. It needs a
// page with scripts: axe waits for timers, which do not run without.
export async function accessible(page, where = page.url()) {
  if (!(await page.evaluate(() => 'axe' in window))) {
    await page.evaluate(axe.source);
  }
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'], preload: false }));
  const grave = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help} at ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  assert.deepEqual(grave, [], `accessibility of ${where}`);
}

// fitsWidth fails when a page can be scrolled sideways, or when something
// sticks out of it unseen.
export async function fitsWidth(page, where = page.url()) {
  const { wide, view, culprits } = await page.evaluate(() => {
    const view = document.documentElement.clientWidth;
    const scrolls = (node) => node && (/auto|scroll/.test(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
    const culprits = [...document.body.querySelectorAll('*')]
      .filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > view + 1 && !scrolls(node))
      .map((node) => `${node.tagName.toLowerCase()}.${node.className}`);
    return { wide: document.documentElement.scrollWidth, view, culprits: culprits.slice(0, 5) };
  });
  assert.ok(wide <= view, `${where} is ${wide} px wide in ${view} px: ${culprits.join(', ')}`);
}

// wellFormed holds every page to the frame of the design: one h1 that is also
// the title, a skip link first, landmarks.
export async function wellFormed(page, where = page.url()) {
  const found = await page.evaluate(() => ({
    title: document.title,
    headings: [...document.querySelectorAll('h1')].map((h) => h.textContent.trim().replace(/\s+/g, ' ')),
    mains: document.querySelectorAll('main').length,
    language: document.documentElement.lang,
    first: document.querySelector('a')?.getAttribute('href'),
    content: document.querySelector('main').getBoundingClientRect().bottom,
    footer: document.querySelector('footer').getBoundingClientRect().top,
  }));
  assert.equal(found.headings.length, 1, `${where} has one h1, not ${JSON.stringify(found.headings)}`);
  assert.match(found.title.replace(/^(Error: |\d+\s?% )/, ''), new RegExp(`^${escape(found.headings[0])} – `), `title of ${where}`);
  assert.equal(found.mains, 1, `${where} has one main`);
  assert.ok(found.language, `${where} names its language`);
  assert.ok(found.footer >= found.content, `the footer of ${where} stands below the content`);
  assert.equal(found.first, '#main', `the first link of ${where} skips to the content`);
}

// codeField holds a field for 6-digit codes to the rules that make pasting,
// filling and typing with one thumb work.
export async function codeField(page) {
  const field = page.getByRole('textbox', { name: /6-digit code/ });
  await field.first().waitFor();
  assert.equal(await field.count(), 1, 'one field for the code');
  const wanted = { type: 'text', inputmode: 'numeric', autocomplete: 'one-time-code', autocapitalize: 'none', spellcheck: 'false', maxlength: '16' };
  for (const [name, value] of Object.entries(wanted)) {
    assert.equal(await field.getAttribute(name), value, `${name} of the code field`);
  }
  return field;
}

// uncached fails when a page with a person's things could be kept by a cache.
export function uncached(response) {
  assert.match(response.headers()['cache-control'] ?? '', /no-store/, `cache-control of ${response.url()}`);
}

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
