// Signing in with Tab, arrows and Enter only, and where the focus lands.
import assert from 'node:assert/strict';
import { focused } from '../support/keyboard.mjs';
import { test } from '../support/runner.mjs';
import { enable, heading, password, securityTab, signIn, signOut } from '../support/steps.mjs';

// tabTo presses Tab until the focus is where it should be, a few times at most.
async function tabTo(page, wanted) {
  const been = [];
  for (let i = 0; i < 15; i++) {
    const at = await focused(page);
    if (wanted.test(at)) {
      return;
    }
    been.push(at);
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab never came to ${wanted}, only to ${been.join(', ')}`);
}

test('keyboard: the whole sign-in with Tab, arrows and Enter', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  const { app } = await enable(page, person, program.mailbox);
  await signOut(page, person);

  await page.goto('/signin');
  assert.equal(await focused(page), 'login', 'the first field has the focus');
  await page.keyboard.type(person.email);
  await tabTo(page, /^password$/);
  await page.keyboard.type(person.password);
  await page.keyboard.press('Enter');
  await heading(page, "Choose how to verify it's you");
  await tabTo(page, /^method-/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  assert.ok(await page.getByRole('radio', { name: /^Authenticator Code/ }).isChecked(), 'arrows move the choice');
  await page.keyboard.press('Enter');
  await heading(page, 'Enter your authenticator code');
  assert.equal(await focused(page), 'code', 'the code field has the focus');
  const code = await app.code();
  await page.keyboard.type(code);
  assert.match(page.url(), /verify/, 'typing alone does not send the code');
  await page.keyboard.press('Enter');
  await heading(page, 'Home');

  // The account menu: opened by Enter, closed by Esc, which gives the focus back.
  await page.goto('/home');
  await tabTo(page, /^summary Account menu/);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Edit Profile' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  assert.match(await focused(page), /^summary Account menu/, 'Esc gives the focus back');
  assert.equal(await page.getByRole('link', { name: 'Edit Profile' }).isVisible(), false);
});

test('keyboard: focus after an error and after a step', async ({ page: open, program }) => {
  const person = await program.newCarefulPerson();
  const page = await open();
  await page.goto('/signin');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  assert.match(await focused(page), /^section .*Something needs fixing/s, 'the summary has the focus after an error');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'login', 'a line of the summary leads to its field');

  await password(page, person);
  await heading(page, "Choose how to verify it's you");
  assert.equal(await focused(page), "h1 Choose how to verify it's you", 'the heading has the focus after a step');
  await tabTo(page, /^method-email$/);
  await page.keyboard.press('Enter');
  await heading(page, 'Check your email');
  assert.equal(await focused(page), 'code', 'the code field has the focus');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  assert.match(await focused(page), /^section .*Something needs fixing/s);
});

test('keyboard: the first Tab skips to the content', async ({ page: open }) => {
  const page = await open();
  await page.goto('/help');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'a Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'main');
});
