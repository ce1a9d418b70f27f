// In Spanish, from the first page to the mail: what people read is in it, and
// longer words fit as English ones do.
import assert from 'node:assert/strict';
import { Authenticator } from '../support/authenticator.mjs';
import { narrow } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import { answered, heading, pick, press } from '../support/steps.mjs';

async function signIn(page, person) {
  await heading(page, 'Iniciar sesión');
  await page.getByLabel('Nombre de usuario o correo').fill(person.email);
  await page.getByLabel('Contraseña', { exact: true }).fill(person.password);
  await press(page, 'Iniciar sesión');
}

async function menu(page, person) {
  await page.locator('summary', { hasText: `Menú de la cuenta, ${person.name}` }).click();
}

async function typeCode(page, code) {
  await page.getByRole('textbox', { name: /^Código de 6 dígitos/ }).fill(code);
  await press(page, 'Continuar');
}

// speaks fails where a page is not marked as Spanish, or shows a text that is
// missing.
async function speaks(page) {
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'es', `${page.url()} is in Spanish`);
  assert.doesNotMatch(await page.locator('body').innerText(), /⟦/, `no text is missing on ${page.url()}`);
}

test('spanish: a visitor chooses the language, and the browser keeps it', async ({ page: open, shot }) => {
  const look = inspector(shot);
  for (const scripts of [true, false]) {
    const page = await open({ scripts, size: narrow });
    await page.goto('/signin?next=/account/activity');
    await heading(page, 'Sign in');
    await press(page, 'Español');
    await heading(page, 'Iniciar sesión');
    assert.match(page.url(), /\/signin\?next=%2Faccount%2Factivity$/, 'the way on is kept');
    await speaks(page);
    await page.getByRole('link', { name: '¿Necesita ayuda para iniciar sesión?' }).click();
    await heading(page, 'Ayuda para iniciar sesión');
    await speaks(page);
    if (scripts) {
      for (const [path, name] of [['/signin', 'signin'], ['/password/forgot', 'forgot'], ['/help/two-factor', 'help'], ['/no-such-page', '404']]) {
        await page.goto(path);
        await speaks(page);
        await look(page, `es-${name}`);
      }
    }
  }
  const page = await open({ locale: 'es-MX' });
  await page.goto('/signin');
  await heading(page, 'Iniciar sesión');
  await press(page, 'English');
  await heading(page, 'Sign in');
});

test('spanish: sign in, set up an app, sign in with it, read the mail', async ({ page: open, program, shot, picture }) => {
  const look = inspector(shot);
  await program.organization('Puerto', '--language', 'es');
  const person = await program.newPerson({ organization: 'Puerto', first: 'Luz', last: 'Ibarra', email: 'luz@puerto.example' });
  const page = await open();
  await page.goto('/signin');
  await press(page, 'Español');
  await signIn(page, person);
  await heading(page, 'Inicio');
  await speaks(page);
  await look(page, 'es-home');

  await menu(page, person);
  await picture(page, 'profile-icon', 'es');
  await page.getByRole('link', { name: 'Editar perfil' }).click();
  await heading(page, 'Editar perfil');
  assert.equal(await page.getByLabel('Idioma').locator(':checked').textContent(), 'El mismo que su organización: Español');
  await look(page, 'es-profile');
  await page.getByRole('navigation', { name: 'Apartados de Editar perfil' }).getByRole('link', { name: 'Seguridad' }).click();
  await look(page, 'es-security');
  await picture(page, 'security-tab', 'es');
  await answered(page, () => page.getByRole('checkbox', { name: 'Activar la verificación en dos pasos' }).check());
  await page.getByRole('heading', { name: 'Confirme su correo electrónico' }).waitFor();
  await look(page, 'es-setup-email');
  const code = await program.mailbox.next(person.email, /^Su código de Puerto para activar la verificación en dos pasos/);
  assert.match(code.text, /^[0-9]{6} es su código de verificación de Puerto\. Vale durante 10 minutos\./);
  await typeCode(page, code.code);
  await page.getByRole('heading', { name: 'Escanee el código QR' }).waitFor();
  await speaks(page);
  await look(page, 'es-setup-app');
  await picture(page, 'scan-qr-code', 'es');
  const app = new Authenticator((await page.locator('#setup-key').textContent()).trim());
  await typeCode(page, await app.code());
  await page.getByRole('heading', { name: 'Guarde sus códigos de recuperación' }).waitFor();
  await look(page, 'es-setup-codes');
  await page.getByRole('checkbox', { name: 'He guardado estos códigos' }).check();
  await answered(page, () => page.locator('#panel').getByRole('button', { name: 'Guardar', exact: true }).click());
  await page.getByText('La verificación en dos pasos está activada. La próxima vez que inicie sesión, elija Código de la app.').waitFor();

  const mail = await program.mailbox.next(person.email, /^La verificación en dos pasos está activada en su cuenta de Puerto$/);
  assert.match(mail.text, /Cuándo: \d+ de [a-z]+ de \d{4}, \d\d:\d\d \(UTC\)/);
  assert.match(mail.text, /Dispositivo: Chrome en Linux/);
  assert.match(mail.text, /Si no fue usted:\n1\. Abra el enlace de abajo/);

  await menu(page, person);
  await press(page, 'Cerrar sesión');
  await heading(page, 'Iniciar sesión');
  await page.getByText('Ha cerrado la sesión.').waitFor();
  await signIn(page, person);
  await heading(page, 'Elija cómo verificar que es usted');
  await speaks(page);
  await look(page, 'es-verify-choose');
  await picture(page, 'choose-method', 'es');
  await pick(page, /^Código de la app/);
  await press(page, 'Continuar');
  await heading(page, 'Escriba el código de su app');
  await look(page, 'es-verify-app');
  await typeCode(page, await app.code());
  await heading(page, 'Inicio');

  for (const [path, title] of [['/account/sessions', 'Editar perfil'], ['/account/activity', 'Mi actividad']]) {
    await page.goto(path);
    await heading(page, title);
    await speaks(page);
    await page.getByText('Chrome en Linux').first().waitFor();
    await look(page, `es-${path.split('/').pop()}`);
  }
});

test('spanish: the pages of an administrator', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  await program.organization('Ensenada', '--language', 'es');
  const person = await program.newAdministrator('Ensenada');
  const page = await open({ locale: 'es-ES' });
  await page.goto('/signin');
  await signIn(page, person);
  await page.getByRole('link', { name: 'Panel de control' }).click();
  for (const [title, link] of [
    ['Panel de control', 'Ajustes del sistema'], ['Ajustes del sistema', 'Preparación del sistema'],
    ['Preparación del sistema', 'Organizaciones y seguridad'],
  ]) {
    await heading(page, title);
    await speaks(page);
    await look(page, `es-${title.toLowerCase().replaceAll(' ', '-')}`);
    await page.getByRole('main').getByRole('link', { name: link }).first().click();
  }
  await heading(page, 'Organizaciones y seguridad');
  await page.getByRole('checkbox', { name: 'Exigir la verificación en dos pasos' }).waitFor();
  await look(page, 'es-organization-security');
  await page.getByRole('link', { name: 'Datos generales' }).click();
  assert.equal(await page.getByLabel('Idioma').inputValue(), 'es');
  await look(page, 'es-organization-general');
  await page.goto('/admin/system-settings?q=contrasena%20minima');
  await page.getByRole('link', { name: 'Longitud mínima' }).waitFor();
});
