// Looks at a screen the way the design wants every screen looked at: in both
// themes, at every width, with large text.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { desktop, narrow, phone } from './bench.mjs';
import { accessible, fitsWidth, wellFormed } from './checks.mjs';

const looked = new Set(); // paths of all screens looked at so far

// unseen returns the screens of administrators and of help, by the program's own
// table of routes, that nothing has looked at.
export function unseen() {
  const table = readFileSync(new URL('../../../internal/web/testdata/routes.txt', import.meta.url), 'utf8');
  const noScreen = ['/admin/rehearsal/file', '/admin/api-keys/{id}/sallyport.env', '/data-loader/template', '/admin/users/{id}', '/admin/system-settings/setup/organizations-and-security']; // three files, and two that lead on
  return [...table.matchAll(/^GET +(\/(?:admin|help|data-loader)\S*)/gm)].map(([, path]) => path).filter((path) => !noScreen.includes(path)).filter((path) => {
    const form = new RegExp(`^${path.replace(/\{\w+\}/g, '(?!new$)[^/]+')}$`);
    return ![...looked].some((one) => form.test(one));
  });
}

// inspector returns look(page, name), which leaves the page as it was. Pages of
// the development tools and of Scorecard have a frame of their own.
export function inspector(shot, { frame = true } = {}) {
  return async (page, name) => {
    if (frame) {
      await wellFormed(page, name);
    }
    looked.add(new URL(page.url()).pathname);
    const views = [['light', desktop], ['dark', phone]];
    for (const [scheme, size] of views) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize(size);
      await accessible(page, `${name}, ${scheme}, ${size.width} px`);
      await fitsWidth(page, `${name}, ${size.width} px`);
      await shot(page, `${name}-${scheme}-${size.width}`);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(narrow);
    await fitsWidth(page, `${name}, 320 px`);
    await shot(page, `${name}-light-320`);
    await page.setViewportSize({ width: 640, height: 900 });
    await largeText(page, name);
    await page.setViewportSize(desktop);
  };
}

// largeText doubles all text: nothing may be cut off or stick out (WCAG 1.4.4).
async function largeText(page, name) {
  const cut = await page.evaluate(() => {
    document.documentElement.style.fontSize = '200%';
    const cutOff = [...document.body.querySelectorAll('p, a, button, h1, h2, h3, h4, label, li, dd, dt, code')].filter((node) => {
      const style = getComputedStyle(node);
      return node.checkVisibility() && style.overflow !== 'visible' && !style.clipPath.includes('inset') &&
        (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1) && !/auto|scroll/.test(style.overflow);
    });
    return cutOff.map((node) => `${node.tagName.toLowerCase()} "${node.textContent.trim().slice(0, 30)}"`);
  });
  await fitsWidth(page, `${name}, text at 200 %`);
  await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
  assert.deepEqual(cut, [], `nothing is cut off with large text on ${name}`);
}
