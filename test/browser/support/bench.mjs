// What a journey works with: pages of the real browser, in contexts of their
// own, and the troubles that no journey may cause, whatever else it looks at.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Where screenshots go, for people to look at, and those of docs/article.md.
export const out = fileURLToPath(new URL('../out/', import.meta.url));
const docs = fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url));

// Some of those are also shown on the help pages.
const help = fileURLToPath(new URL('../../../internal/web/static/help/', import.meta.url));
const onHelp = ['choose-method', 'profile-icon', 'scan-qr-code', 'security-tab'];

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 360, height: 740 };
export const narrow = { width: 320, height: 640 };

// ways are the four kinds of browser that the stories of an account are walked
// with: how to open it, by what to call it.
export const ways = [['on a phone', { size: phone, touch: true }], ['on a desk', { size: desktop }]].flatMap(([where, how]) => [
  [`${where}, with scripts`, { ...how, scripts: true }],
  [`${where}, without scripts`, { ...how, scripts: false }],
]);

export class Bench {
  #browser;
  #contexts = [];
  #troubles = [];
  #options;

  // Options: program, the running demo; shots, keep screenshots of all screens;
  // pictures, renew those of the documentation.
  constructor(name, browser, options) {
    this.name = name;
    this.#browser = browser;
    this.#options = options;
    this.program = options.program;
  }

  // page opens a page in a new context: a browser that has never been here.
  page = async ({ scripts = true, scheme = 'light', size = desktop, touch = false, ...rest } = {}) => {
    const context = await this.#browser.newContext({
      baseURL: this.program.address,
      javaScriptEnabled: scripts,
      colorScheme: scheme,
      viewport: size,
      hasTouch: touch,
      locale: 'en-GB',
      acceptDownloads: true,
      reducedMotion: 'reduce', // colours are what they will be at once
      ...rest,
    });
    context.setDefaultTimeout(20_000);
    this.#contexts.push(context);
    const page = await context.newPage();
    this.#watch(page);
    return page;
  };

  // #watch notes what must never happen in a page: an exception, something that
  // the content policy stopped, an answer of 500 or more.
  #watch(page) {
    page.on('pageerror', (error) => this.#troubles.push(`exception in the page: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy|Refused to/.test(message.text())) {
        this.#troubles.push(`stopped by the content policy: ${message.text()}`);
      }
    });
    page.on('response', (response) => {
      if (response.status() >= 500) {
        this.#troubles.push(`${response.status()} from ${response.url()}`);
      }
    });
  }

  throwTroubles() {
    assert.deepEqual(this.#troubles, [], 'troubles during the journey');
  }

  // shot keeps a screenshot of the whole page for people to look at, where the
  // run was asked for them.
  shot = async (page, name) => {
    if (this.#options.shots) {
      await this.#keep(page, name);
    }
  };

  async #keep(page, name) {
    mkdirSync(out, { recursive: true });
    await page.evaluate(() => scrollTo(0, 0)); // or what sticks to the top is drawn half-way down
    await page.screenshot({ path: `${out}${name}.png`, fullPage: true });
  }

  // picture renews a screenshot of the documentation, as on a desk and as on a
  // phone, and leaves the page as it was. In another language than English it
  // renews that of the help pages alone.
  picture = async (page, name, language = 'en') => {
    if (!this.#options.pictures) {
      return;
    }
    const desk = { width: 960, height: 640, most: 1500 };
    const files = language === 'en'
      ? [[`${docs}${name}.png`, desk], [`${docs}${name}-phone.png`, { ...phone, most: 2300 }]]
      : [[`${help}${language}/${name}.png`, desk]];
    const before = page.viewportSize();
    for (const [path, { width, height, most }] of files) {
      await page.setViewportSize({ width, height });
      await page.evaluate(() => scrollTo(0, 0));
      const whole = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.screenshot({ path, fullPage: true, caret: 'hide', clip: { x: 0, y: 0, width, height: Math.min(whole, most) } });
    }
    if (language === 'en' && onHelp.includes(name)) {
      copyFileSync(`${docs}${name}.png`, `${help}en/${name}.png`);
    }
    await page.setViewportSize(before);
  };

  // keepEvidence keeps where the journey stood when it failed.
  async keepEvidence() {
    for (const [i, page] of this.#contexts.flatMap((c) => c.pages()).entries()) {
      const name = `failed-${this.name.replace(/[^a-z0-9]+/gi, '-')}-${i}`;
      console.log(`    ${page.url()}: ${await page.title().catch(() => 'no title')} (out/${name}.png)`);
      await this.#keep(page, name).catch(() => console.log('    no screenshot could be taken'));
    }
  }

  async close() {
    await Promise.all(this.#contexts.map((context) => context.close()));
  }
}
