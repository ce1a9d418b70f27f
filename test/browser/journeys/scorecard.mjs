// The path of somebody new: open an application, sign in with password and
// emailed code, set up an app, sign out, come back through the app's code.
import assert from 'node:assert/strict';
import { accessible, fitsWidth } from '../support/checks.mjs';
import { test } from '../support/runner.mjs';
import { chooseMethod, heading, menu, password, press, scanFromScreen, securityTab, signOut, typeCode } from '../support/steps.mjs';

for (const scripts of [true, false]) {
  test(`scorecard: the whole path${scripts ? '' : ', without JavaScript'}`, async ({ page: open, program, shot }) => {
    const person = await program.newPerson({ twoFactor: 'email' });
    const page = await open({ scripts });
    await page.goto(program.scorecard);
    await password(page, person);
    await chooseMethod(page, 'Email');
    await typeCode(page, await program.mailbox.code(person.email));
    await page.getByText(`Signed in as ${person.name}`).waitFor();
    assert.ok(page.url().startsWith(program.scorecard), `${page.url()} is in Scorecard`);
    if (scripts) {
      await accessible(page);
      await shot(page, 'scorecard');
    }

    await page.getByLabel('CSV file').setInputFiles({
      name: 'values.csv', mimeType: 'text/csv', buffer: Buffer.from('measure,period,value\nJourneys,2026-08,17\nJourneys,2026-09,42\n'),
    });
    await press(page, 'Load values');
    await page.getByText('2 values are loaded.').waitFor();
    await page.setViewportSize({ width: 320, height: 640 });
    await fitsWidth(page);
    await page.setViewportSize({ width: 1280, height: 900 });

    await page.goto(`${program.address}/home`);
    await securityTab(page, person);
    await press(page, 'Add an authenticator app');
    const app = await scanFromScreen(page);
    await typeCode(page, await app.code());
    if (await page.getByRole('checkbox', { name: 'I have saved these codes' }).count()) {
      await page.getByRole('checkbox', { name: 'I have saved these codes' }).check();
    }
    await page.locator('#panel').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The authenticator app was added.').waitFor();
    await signOut(page, person);

    await page.goto(program.scorecard);
    await password(page, person);
    await chooseMethod(page, 'Authenticator Code');
    await typeCode(page, await app.code());
    await page.getByText(`Signed in as ${person.name}`).waitFor();

    await page.goto(`${program.address}/home`);
    await page.getByRole('link', { name: /Scorecard/ }).first().waitFor();
    await menu(page, person);
    await press(page, 'Sign out');
    await heading(page, 'Sign in');
    await page.goto(program.scorecard);
    await heading(page, 'Sign in');
  });
}
