// The catalogues of the program, so that a journey can be walked in any language
// and a page be searched for words of another.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

const quoted = String.raw`"(?:[^"\\]|\\.)*"`;

function read(language) {
  const folder = new URL(`../../../internal/words/${language}/`, import.meta.url);
  const all = new Map();
  for (const file of readdirSync(folder)) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    for (const [, id, value] of text.matchAll(new RegExp(`^(${quoted}) = (.+)$`, 'gm'))) {
      const forms = [...value.matchAll(new RegExp(quoted, 'g'))].map(([one]) => JSON.parse(one));
      assert.ok(forms.length > 0, `${id} of ${file} has a text`);
      all.set(JSON.parse(id), forms);
    }
  }
  return all;
}

const catalogues = new Map(['en', 'es'].map((language) => [language, read(language)]));

// words returns t(id, values), the text of an id in a language; of one that has
// plural forms it is that of many.
export function words(language) {
  return (id, values = {}) => {
    const forms = catalogues.get(language).get(id);
    assert.ok(forms, `${id} is in the catalogue of ${language}`);
    return forms.at(-1).replace(/\{\{\.(\w+)\}\}/g, (_, name) => {
      assert.ok(name in values, `${id} is given ${name}`);
      return values[name];
    });
  };
}

// english are the texts without values that a page in Spanish must not show:
// those that the Spanish catalogue has nowhere. A language is called by its own name.
const spanish = new Set([...catalogues.get('es').values()].flat());
const english = [...catalogues.get('en')].filter(([id]) => id !== 'language.name').flatMap(([, forms]) => forms)
  .filter((text) => !text.includes('{{') && text.length > 3 && !spanish.has(text));

// speaksSpanish fails where a page is not marked as Spanish, lacks a text, or
// shows one of the English catalogue.
export async function speaksSpanish(page) {
  const { language, texts } = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
      if (!/^(SCRIPT|STYLE)$/.test(walker.currentNode.parentElement.tagName)) {
        texts.push(walker.currentNode.data);
      }
    }
    for (const node of document.querySelectorAll('[aria-label], [alt], [title], [placeholder]')) {
      texts.push(...['aria-label', 'alt', 'title', 'placeholder'].map((name) => node.getAttribute(name) ?? ''));
    }
    return { language: document.documentElement.lang, texts: texts.map((text) => text.trim().replace(/\s+/g, ' ')) };
  });
  assert.equal(language, 'es', `${page.url()} is in Spanish`);
  assert.deepEqual(texts.filter((text) => text.includes('⟦')), [], `no text is missing on ${page.url()}`);
  assert.deepEqual(texts.filter((text) => english.includes(text)), [], `nothing is in English on ${page.url()}`);
}
