// Working with Tab, arrows, Space and Enter alone, and seeing where one is.
import assert from 'node:assert/strict';
import { answered } from './steps.mjs';

// focused describes what has the focus: its id, or its tag and text.
export function focused(page) {
  return page.evaluate(() => {
    const node = document.activeElement;
    return node.id || `${node.tagName.toLowerCase()} ${(node.getAttribute('aria-label') ?? node.textContent).trim()}`;
  });
}

// reach presses Tab until what is called so has the focus. Every stop on the way
// must be seen: on the screen, under nothing else, and marked (WCAG 2.4.7, 2.4.11).
export async function reach(page, name) {
  const been = [];
  for (let i = 0; i < 150; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const node = document.activeElement;
      if (node === document.body) {
        return { called: '' }; // the focus is in the browser's own bar
      }
      const label = node.labels?.[0];
      const marked = (one) => one && getComputedStyle(one).outlineStyle !== 'none' && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
      const { x, y, width, height } = node.getBoundingClientRect();
      const top = document.elementFromPoint(x + Math.min(width, innerWidth) / 2, y + height / 2);
      return {
        called: (node.getAttribute('aria-label') ?? (label ?? node).textContent).trim().replace(/\s+/g, ' '),
        // The browser's own button in a date field marks itself.
        marked: marked(node) || marked(node.closest('.choice')) || (node.type === 'date' && !node.matches(':focus')),
        shown: Boolean(top) && (node.contains(top) || Boolean(label?.contains(top)) || top.contains(node)),
      };
    });
    if (at.called !== '') {
      assert.ok(at.marked, `${at.called} is marked when it has the focus, on ${page.url()}`);
      assert.ok(at.shown, `${at.called} is seen when it has the focus, on ${page.url()}`);
    }
    if (typeof name === 'string' ? at.called.startsWith(name) : name.test(at.called)) {
      return;
    }
    been.push(at.called);
  }
  assert.fail(`Tab never came to ${name}, only to ${[...new Set(been)].join(' | ')}`);
}

// send presses Enter in a field and waits for the next page.
export async function send(page) {
  await answered(page, () => page.keyboard.press('Enter'));
}

// enter reaches a link or button, presses Enter and waits for the next page.
export async function enter(page, name) {
  await reach(page, name);
  await send(page);
}

// type reaches a field and types over what is in it.
export async function type(page, name, text) {
  await reach(page, name);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
}

// choose reaches a list and types the beginning of the choice, as people do.
export async function choose(page, name, choice) {
  await reach(page, name);
  await page.keyboard.type(choice);
  const got = await page.evaluate(() => document.activeElement.selectedOptions[0].text);
  assert.equal(got, choice, `what is chosen under ${name}`);
}

// failed waits for the answer to a form that has a mistake: the summary has the
// focus, and its first line leads to a field.
export async function failed(page, field) {
  await page.getByRole('alert').first().waitFor();
  assert.match(await focused(page), /^section .*Something needs fixing/s, 'the summary has the focus after an error');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), field, 'a line of the summary leads to its field');
}
