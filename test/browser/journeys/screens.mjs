// Every screen in both themes and at three widths: axe-core, the frame, no
// sideways scrolling, and pictures for people to look at.
import { desktop, narrow, phone } from '../support/bench.mjs';
import { accessible, fitsWidth, wellFormed } from '../support/checks.mjs';
import { test } from '../support/runner.mjs';
import {
  chooseMethod, heading, menu, password, press, saveRecoveryCodes, scanFromScreen, securityTab, signIn, signOut, tickTheBox, typeCode,
} from '../support/steps.mjs';

// inspector looks at the screen a page shows, under a name of its own.
function inspector(shot) {
  return async (page, name) => {
    await wellFormed(page, name);
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      await accessible(page, `${name}, ${scheme}`);
      for (const size of [phone, desktop]) {
        await page.setViewportSize(size);
        await fitsWidth(page, `${name}, ${size.width} px`);
        await shot(page, `${name}-${scheme}-${size.width}`);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(narrow);
    await fitsWidth(page, `${name}, 320 px`);
    await accessible(page, `${name}, 320 px`);
    await page.setViewportSize(desktop);
  };
}

test('screens: signing in', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson({ twoFactor: 'email' });
  const page = await open();
  await page.goto('/signin');
  await look(page, 'signin');
  await press(page, 'Sign in');
  await page.getByRole('alert').waitFor();
  await look(page, 'signin-error');
  await page.goto('/signin');
  await password(page, person);
  await heading(page, "Choose how to verify it's you");
  await look(page, 'verify');
  await chooseMethod(page, 'Email');
  await heading(page, 'Check your email');
  await look(page, 'verify-email');
  await typeCode(page, '12');
  await page.getByRole('alert').waitFor();
  await look(page, 'verify-email-error');
  await page.goto('/signin/help');
  await look(page, 'signin-help');
});

test('screens: enabling and using an app', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await look(page, 'home');
  await menu(page, person);
  await look(page, 'home-menu');
  await page.goto('/account/profile');
  await look(page, 'profile');
  await securityTab(page, person);
  await look(page, 'security-off');
  await tickTheBox(page, true);
  await page.getByRole('heading', { name: 'Confirm your email' }).waitFor();
  await look(page, 'setup-email');
  await typeCode(page, await program.mailbox.code(person.email));
  const app = await scanFromScreen(page);
  await look(page, 'setup-app');
  await typeCode(page, await app.code());
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
  await look(page, 'setup-codes');
  const codes = await saveRecoveryCodes(page);
  await page.getByText('Two-factor authentication is on.').waitFor();
  await look(page, 'security-on');
  await page.getByRole('link', { name: /^Rename/ }).first().click();
  await look(page, 'app-rename');
  await page.goto('/account/security');
  await page.getByRole('link', { name: /^Remove/ }).first().click();
  await look(page, 'app-remove');
  await page.goto('/account/security/turn-off');
  await look(page, 'turn-off');
  await page.goto('/confirm?next=/account/security');
  await look(page, 'confirm');
  await signOut(page, person);
  await password(page, person);
  await chooseMethod(page, 'Authenticator Code');
  await heading(page, 'Enter your authenticator code');
  await look(page, 'verify-app');
  await page.goto('/signin/verify/recovery');
  await heading(page, 'Use a recovery code');
  await look(page, 'verify-recovery');
  await page.getByLabel('Recovery code').fill(codes[0]);
  await press(page, 'Continue');
  await heading(page, 'You have 9 recovery codes left');
  await look(page, 'recovery-used');
});

test('screens: help, errors and the development pages', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const page = await open();
  const addresses = {
    'help': '/help', 'help-two-factor': '/help/two-factor', 'help-lost-phone': '/help/lost-phone', 'help-signing-in': '/help/signing-in',
    'not-found': '/no/such/page',
  };
  for (const [name, address] of Object.entries(addresses)) {
    await page.goto(address);
    await look(page, name);
  }
  for (const [name, address] of Object.entries({ 'dev-mail': '/dev/mail', 'dev-authenticator': '/dev/authenticator' })) {
    await page.goto(program.address + address);
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      await accessible(page, `${name}, ${scheme}`);
    }
    await page.setViewportSize(narrow);
    await fitsWidth(page, name);
    await shot(page, name);
    await page.setViewportSize(desktop);
  }
});
