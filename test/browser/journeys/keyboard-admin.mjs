// What administrators do, with Tab, arrows, Space and Enter alone.
import assert from 'node:assert/strict';
import { choose, enter, failed, focused, reach, send, type } from '../support/keyboard.mjs';
import { testOnPair as test } from '../support/runner.mjs';
import { MailServer } from '../support/smtp.mjs';
import { heading, signIn } from '../support/steps.mjs';

// begin signs an administrator in and goes to Manage Users by keyboard.
async function begin(open, program, organization) {
  const page = await open();
  await signIn(page, await program.newAdministrator(organization));
  await page.goto('/home');
  for (const name of ['Control Panel', 'System Settings', 'Manage Users']) {
    await enter(page, name);
    await heading(page, name);
  }
  return page;
}

test('keyboard: an administrator adds somebody, finds them, and acts for many', async ({ page: open, program }) => {
  await program.organization('Capstan');
  const [ada, bob] = [await program.newPerson({ organization: 'Capstan' }), await program.newPerson({ organization: 'Capstan' })];
  const page = await begin(open, program, 'Capstan');

  // Add somebody: a mistake first, then Save from the last field.
  await enter(page, '+ Add user');
  await heading(page, 'Add user');
  await type(page, 'First Name', 'Zoë');
  await type(page, 'Last Name', 'Example');
  await type(page, 'Email Address', 'not an address');
  await send(page);
  await failed(page, 'email');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('zoe.capstan@example.org');
  await reach(page, /^User(?!name)/);
  await page.keyboard.press('ArrowDown');
  assert.ok(await page.getByRole('radio', { name: /^Help desk/ }).isChecked(), 'arrows move the choice');
  await page.keyboard.press('ArrowUp');
  await enter(page, /^Save$/);
  await page.getByRole('status').first().waitFor();

  // Search, filter, sort.
  await page.goto('/admin/users');
  await type(page, 'Name or email', 'zoe');
  await send(page);
  await page.getByText('1 of 4 people').waitFor();
  await enter(page, 'Clear filters');
  await choose(page, 'Status', 'Invited');
  await enter(page, 'Search');
  await page.getByText('1 of 4 people').waitFor();
  await enter(page, 'Clear filters');
  await enter(page, /^Name$/);
  assert.match(page.url(), /sort=/, 'the column is sorted');

  // Tick two, choose what to do, review, do it.
  await page.goto('/admin/users');
  for (const person of [ada, bob].sort((a, b) => a.name.localeCompare(b.name))) {
    await reach(page, `Select ${person.name}`);
    await page.keyboard.press('Space');
    assert.ok(await page.getByLabel(`Select ${person.name}`).isChecked(), 'Space ticks');
  }
  await choose(page, 'Action for many people', 'Sign out everywhere');
  await enter(page, 'For the people ticked');
  await page.getByRole('heading', { name: '2 people are affected' }).waitFor();
  await reach(page, 'Show names');
  await page.keyboard.press('Enter');
  await page.getByText(ada.email).first().waitFor();
  await enter(page, /^Sign out everywhere$/);
  await page.getByRole('heading', { name: 'Done', exact: true }).waitFor({ timeout: 30_000 });

  // The menu of a row: opened by Enter, closed by Esc, which gives the focus back.
  await page.goto('/admin/users');
  await reach(page, new RegExp(`${ada.name}$`)); // the box to tick
  await reach(page, new RegExp(`^⋮.*${ada.name}$`));
  await page.keyboard.press('Enter');
  await reach(page, 'Edit');
  await page.keyboard.press('Escape');
  assert.match(await focused(page), new RegExp(`^summary .*${ada.name}$`, 's'), 'Esc gives the focus back');
  assert.equal(await page.getByRole('link', { name: 'Edit' }).first().isVisible(), false);
});

test('keyboard: an administrator resets, exempts, and looks it up in the log', async ({ page: open, program }) => {
  await program.organization('Windlass');
  const person = await program.newPerson({ organization: 'Windlass' });
  const page = await begin(open, program, 'Windlass');
  const toPerson = async () => {
    await page.goto('/admin/users');
    await enter(page, new RegExp(`^${person.name}$`));
    await enter(page, /^Security$/);
  };

  await enter(page, new RegExp(`^${person.name}$`));
  await heading(page, person.name);
  await enter(page, /^Security$/);
  await enter(page, 'Reset 2FA');
  await enter(page, 'Reset two-factor authentication');
  await failed(page, 'how-phone');
  await page.keyboard.press('ArrowDown');
  assert.ok(await page.getByRole('radio', { name: /^In person/ }).isChecked(), 'arrows move the choice');
  await type(page, 'Note', 'came to the counter');
  await enter(page, 'Reset two-factor authentication');
  await page.getByText('Two-factor authentication was reset.').waitFor();

  await toPerson();
  await enter(page, 'Exempt from 2FA');
  await type(page, 'Reason', 'waits for a phone');
  await send(page);
  await failed(page, 'until');
  await typeDay(page, new Date(Date.now() + 2 * 86_400_000));
  await send(page);
  await page.getByText(/exempt/i).first().waitFor();
  await toPerson();
  await enter(page, 'Exempt from 2FA');
  await enter(page, 'End the exemption now');
  await page.getByText('The exemption was ended.').waitFor();

  await enter(page, 'Control Panel');
  await enter(page, 'Audit log');
  await heading(page, 'Audit log');
  await type(page, 'Person', person.email);
  await choose(page, 'Kind', 'Two-factor authentication');
  await choose(page, 'Result', 'Done');
  await enter(page, /^Show$/);
  const rows = page.getByRole('region', { name: 'Audit log' }).getByRole('listitem');
  assert.equal(await rows.count(), 3, 'reset, exempted, ended');
  await reach(page, /Details$/);
  await page.keyboard.press('Enter');
  await rows.first().getByText('When', { exact: true }).waitFor();
  await enter(page, 'Clear');
  await enter(page, 'Verify log');
  await page.getByText(/^(Unbroken from|Nothing is sealed yet)/).waitFor();
});

// typeDay types a day into the field that has the focus, in the order of the
// browser's own language.
async function typeDay(page, day) {
  const wanted = day.toISOString().slice(0, 10);
  const [year, month, date] = wanted.split('-');
  const value = () => page.evaluate(() => document.activeElement.value);
  await page.keyboard.type(month + date + year);
  if ((await value()) !== wanted) {
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type(date + month + year);
  }
  assert.equal(await value(), wanted, 'the day that was typed');
}

test('keyboard: an administrator makes a group', async ({ page: open, program }) => {
  await program.organization('Halyard');
  const person = await program.newPerson({ organization: 'Halyard' });
  const page = await begin(open, program, 'Halyard');
  await enter(page, 'Control Panel');
  await enter(page, 'System Settings');
  await enter(page, 'Groups');
  await enter(page, 'Add group');
  await enter(page, /^Add group$/);
  await failed(page, 'name');
  await page.keyboard.type('Riggers');
  await send(page);
  await heading(page, 'Group Riggers');
  await type(page, 'Add a member', person.name);
  await send(page);
  await enter(page, `Add ${person.name}`);
  await page.getByText('The person is a member now.').waitFor();
  await enter(page, `Remove ${person.name}`);
  await page.getByText('The person is no longer a member.').waitFor();
  await enter(page, 'Delete this group');
  await enter(page, 'Delete group');
  await page.getByText('The group was deleted.').waitFor();
});

test('keyboard: an administrator sets mail up and tests it', async ({ page: open, program }) => {
  const mail = await MailServer.start();
  try {
    const { address, keeper } = await program.ownServer('Keel', { dev: false });
    const page = await open({ baseURL: address });
    await signIn(page, keeper);
    for (const name of ['Control Panel', 'System Settings', 'Email']) {
      await enter(page, name);
      await heading(page, name);
    }
    await enter(page, 'Add a mail server (First mail server)');
    await type(page, 'Host', '127.0.0.1');
    await type(page, 'Port', 'twenty-five');
    await send(page);
    await failed(page, 'port');
    await page.keyboard.press('Control+A');
    await page.keyboard.type(String(mail.port));
    await enter(page, /^Save$/);
    await enter(page, 'Send test');
    await heading(page, `Test of 127.0.0.1:${mail.port}`);
    await page.getByText(`Taken for ${keeper.email}`).waitFor();
    assert.equal(mail.letters.length, 1, 'the test arrived');
    await page.goto('/admin/system-settings/email');
    await enter(page, 'Change (Sender)');
    await type(page, 'Answers go to', 'desk@example.org');
    await send(page);
    await page.getByText('desk@example.org').waitFor();
  } finally {
    mail.stop();
  }
});
