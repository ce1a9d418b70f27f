// The article's way for administrators, and what comes of it.
import assert from 'node:assert/strict';
import { phone } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { enter, reach } from '../support/keyboard.mjs';
import { testOnPair as test } from '../support/runner.mjs';
import {
  chooseMethod, enable, heading, password, press, securityTab, signIn, signOut, typeCode,
} from '../support/steps.mjs';

const requirement = 'Require Two-Factor Authentication';

// toSecurity goes the article's way from any page to the Security tab.
async function toSecurity(page, shoot = async () => {}) {
  const follow = async (name) => {
    await page.getByRole('main').getByRole('link', { name: new RegExp(`^${name}`) }).click();
    await heading(page, name);
  };
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Control Panel' }).click();
  await heading(page, 'Control Panel');
  await follow('System Settings');
  await shoot(page, 'system-settings');
  await follow('System Setup');
  await page.getByRole('heading', { name: 'System Configuration' }).waitFor();
  await shoot(page, 'system-setup');
  await follow('Organizations and Security');
  await page.getByRole('navigation', { name: 'Organizations and Security sections' }).getByRole('link', { name: 'Security' }).click();
  await page.getByRole('group', { name: 'Password Security' }).waitFor();
}

for (const [where, how] of [['on a desk', {}], ['on a phone, without scripts', { size: phone, touch: true, scripts: false }]]) {
  test(`administrator: the article's way, ${where}`, async ({ page: open, program, picture }) => {
    const name = how.size ? 'Quay Street' : 'Quay';
    const shoot = how.size ? async () => {} : picture;
    await program.organization(name, '--help-contact', 'the harbour office');
    const [keeper, newcomer, user] = [
      await program.newAdministrator(name), await program.newPerson({ organization: name }), await program.newPerson({ organization: name }),
    ];
    const other = await program.newPerson();
    const newcomers = await open();
    await signIn(newcomers, newcomer);
    const users = await open();
    await signIn(users, user);
    await securityTab(users, user);
    const { app } = await enable(users, user, program.mailbox);

    const page = await open(how);
    await signIn(page, keeper);
    await toSecurity(page, shoot);
    await shoot(page, 'require-security-tab');
    await page.getByRole('checkbox', { name: requirement }).check();
    await press(page, 'Save');
    await page.getByText(/^Two-factor authentication is now required\./).waitFor();
    assert.ok(await page.getByRole('checkbox', { name: requirement }).isChecked(), 'the box stays ticked');
    await shoot(page, 'require-saved');

    // Sessions that are open stay as they are until the next sign-in.
    await newcomers.goto('/account/profile');
    await heading(newcomers, 'Edit Profile');
    await page.goto('/admin');
    await heading(page, 'Control Panel');

    await signOut(newcomers, newcomer);
    await password(newcomers, newcomer);
    await chooseMethod(newcomers, 'Email');
    await typeCode(newcomers, await program.mailbox.code(newcomer.email));
    await heading(newcomers, 'Add an authenticator app?');
    await signOut(users, user);
    await signIn(users, user, 'Authenticator Code', () => app.code());

    // Another organization notices nothing.
    await signIn(await open(), other);

    // Off again: the person's own app stays in force.
    await toSecurity(page);
    await page.getByRole('checkbox', { name: requirement }).uncheck();
    await press(page, 'Save');
    await page.getByText('Two-factor authentication is no longer required. People who set it up keep it.').waitFor();
    await signOut(users, user);
    await signIn(users, user, 'Authenticator Code', () => app.code());
  });
}

test('administrator: a setting is found by an older name', async ({ page: open, program, shot }) => {
  await program.organization('Wharf');
  const page = await open();
  await signIn(page, await program.newAdministrator('Wharf'));
  const look = inspector(shot);
  await page.goto('/admin');
  await look(page, 'control-panel');
  await page.goto('/admin/system-settings');
  await page.getByLabel('Find a setting').fill('Multi-Factor');
  await press(page, 'Find');
  await page.getByRole('heading', { name: '1 setting found' }).waitFor();
  await look(page, 'setting-found');
  await page.getByRole('link', { name: requirement }).click();
  await page.getByRole('checkbox', { name: requirement }).waitFor();
  await page.goto('/admin/system-settings/setup');
  await look(page, 'system-setup');
});

test('administrator: the settings on every screen, and what is wrong in them', async ({ page: open, program, shot }) => {
  await program.organization('Jetty');
  const page = await open();
  await signIn(page, await program.newAdministrator('Jetty'));
  const look = inspector(shot);
  const tabs = '/admin/system-settings/setup/organizations-and-security';
  await page.goto(`${tabs}/general`);
  await look(page, 'organization-general');
  await page.getByLabel('Organization Name').fill('');
  await page.getByLabel('App name').fill('a:b');
  await press(page, 'Save');
  await page.getByRole('alert').waitFor();
  await look(page, 'organization-general-problem');
  await page.goto(`${tabs}/security`);
  await look(page, 'organization-security');
  await page.getByLabel('Remember a device for').fill('31');
  await page.getByLabel('Minimum length').fill('seven');
  await press(page, 'Save');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('Minimum length').inputValue(), 'seven', 'what was typed is still there');
  await look(page, 'organization-security-problem');
});

test('administrator: two save at once', async ({ page: open, program, shot }) => {
  await program.organization('Mole');
  const [one, two] = [await program.newAdministrator('Mole'), await program.newAdministrator('Mole')];
  const pages = [];
  for (const keeper of [one, two]) {
    const page = await open();
    await signIn(page, keeper);
    await toSecurity(page);
    pages.push(page);
  }
  const [first, second] = pages;
  await first.getByLabel('Remember a device for').fill('7');
  await press(first, 'Save');
  await first.getByText('The settings are saved.').waitFor();
  await second.getByLabel('Minimum length').fill('15');
  await press(second, 'Save');
  await second.getByText(`${one.name} changed these settings at`).waitFor();
  assert.equal(await second.getByLabel('Remember a device for').inputValue(), '7', 'what the first stored is shown');
  assert.equal(await second.getByLabel('Minimum length').inputValue(), '15', 'what the second typed is kept');
  await inspector(shot)(second, 'two-administrators');
  await press(second, 'Save');
  await second.getByText('The settings are saved.').waitFor();
  await first.reload();
  assert.equal(await first.getByLabel('Minimum length').inputValue(), '15', 'both are stored');
  assert.equal(await first.getByLabel('Remember a device for').inputValue(), '7');
});

test('administrator: for others there is no such page', async ({ page: open, program }) => {
  const page = await open();
  await signIn(page, await program.newPerson());
  assert.equal(await page.getByRole('link', { name: 'Control Panel' }).count(), 0, 'nothing leads there');
  for (const path of ['/admin', '/admin/system-settings', '/admin/system-settings/setup/organizations-and-security/security']) {
    const answer = await page.goto(path);
    assert.equal(answer.status(), 404, path);
    await heading(page, 'Page not found');
  }
});

test('administrator: by keyboard alone', async ({ page: open, program }) => {
  await program.organization('Slip');
  const page = await open();
  await signIn(page, await program.newAdministrator('Slip'));
  for (const name of ['Control Panel', 'System Settings', 'System Setup', 'Organizations and Security']) {
    await enter(page, name);
    await heading(page, name);
  }
  await reach(page, requirement);
  await page.keyboard.press('Space');
  await enter(page, /^Save$/);
  await page.getByText(/^Two-factor authentication is now required\./).waitFor();
});
