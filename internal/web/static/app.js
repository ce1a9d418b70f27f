// Everything here adds to pages that work without it (ux §1.1).
import { summary } from "./js/focus.js";
import { menu } from "./js/menu.js";
import { passwords } from "./js/password.js";
import { newPassword } from "./js/newpassword.js";
import { copy } from "./js/copy.js";
import { countdown } from "./js/countdown.js";
import { banners } from "./js/banner.js";
import { delivery } from "./js/delivery.js";
import { idle } from "./js/idle.js";
import { leaving } from "./js/leaving.js";
import { box, print } from "./js/setup.js";
import { drop } from "./js/drop.js";
import { tryPassword } from "./js/try.js";
import { foretold } from "./js/foretold.js";
import { follow } from "./js/follow.js";

for (const start of [summary, menu, passwords, newPassword, copy, countdown, banners, delivery, idle, leaving, box, print, drop, tryPassword, foretold, follow]) {
  start(document);
}
