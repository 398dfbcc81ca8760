/** The list of chats on a phone, where there are several bots to talk to, and the bots' faces. */

import { button, h } from "./dom.js";
import { clockTime, inShort, newest } from "./model.js";

/** A bot's round picture: its initials, in a colour that stays its own. */
export function face(bot) {
  const initials = bot.name.split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? "").join("");
  return h("span", { class: `face face-${hue(bot.name)}`, aria: { hidden: true } }, initials.toUpperCase());
}

function hue(name) {
  return [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6;
}

/** The rows of a phone's inbox; `chosen(bot id)` opens a chat. */
export function inbox(phone, bots, chosen) {
  if (!bots.length) return [h("p", { class: "inbox-empty" }, "No agency has a bot here yet.")];
  return bots.map((bot) => row(bot, newest(phone.chats.find((chat) => chat.bot === bot.id), phone.channel), chosen));
}

function row(bot, message, chosen) {
  return button(
    { class: "inbox-row", data: { role: "chat", bot: bot.id }, on: { click: () => chosen(bot.id) } },
    face(bot),
    h("span", { class: "inbox-words" }, h("b", {}, bot.name), h("span", { dir: "auto" }, message ? inShort(message) : "No messages yet")),
    message && h("time", {}, clockTime(message.at)),
  );
}
