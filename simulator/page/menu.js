/** A phone's "…" menu: its language, blocking the bot, giving the account up, taking the phone away. */

import { button, h } from "./dom.js";
import { LANGUAGES } from "./model.js";

/** The menu's panel for a phone and the chat that is open (`bot` may be null); `act` holds its verbs. */
export function phoneMenu(phone, bot, act) {
  if (phone.held_by) return h("div", { class: "menu", role: "dialog", aria: { label: `Menu of ${phone.name}` } }, entry("Remove the group", act.remove, "danger"));
  const isBlocked = bot && phone.blocked.includes(bot.id);
  return h(
    "div",
    { class: "menu", role: "dialog", aria: { label: `Menu of ${phone.name}` } },
    h("p", { class: "menu-heading" }, "Language of this phone"),
    languages(phone, act),
    freeLanguage(phone, act),
    h("hr"),
    bot && phone.channel === "telegram" && entry(`Make a group with ${bot.name}`, act.group),
    bot && entry(isBlocked ? `Unblock ${bot.name}` : `Block ${bot.name}`, isBlocked ? act.unblock : act.block),
    !phone.deactivated && entry("Deactivate the account", act.deactivate),
    entry("Remove the phone", act.remove, "danger"),
  );
}

function languages(phone, act) {
  const choice = ([code, name]) =>
    button({ class: "menu-language", lang: code, aria: { pressed: code === phone.language_code }, on: { click: () => act.speak(code) } }, name);
  return h("div", { class: "menu-languages", role: "group", aria: { label: "Language of this phone" } }, ...LANGUAGES.map(choice));
}

function freeLanguage(phone, act) {
  const isKnown = LANGUAGES.some(([code]) => code === phone.language_code);
  const input = h("input", { value: isKnown ? "" : phone.language_code ?? "", placeholder: "Other code, as pt-br", maxlength: 20, autocapitalize: "none", aria: { label: "Another language code" } });
  const set = (event) => {
    event.preventDefault();
    if (input.value.trim()) act.speak(input.value.trim());
  };
  return h("form", { class: "menu-free", on: { submit: set } }, input, h("button", {}, "Set"));
}

function entry(text, pressed, kind = "") {
  return button({ class: `menu-entry ${kind}`.trim(), on: { click: pressed } }, text);
}
