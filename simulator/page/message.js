/** One message as its app draws it: bubble, buttons, ticks, and what went wrong. */

import { button, h, icon } from "./dom.js";
import { drawMedia, isPictured, wordsBeside } from "./media.js";
import { clockTime, dayName } from "./model.js";
import { isEmojiOnly, richText } from "./text.js";

const TICKS = {
  sending: ["clock", "Sending"],
  sent: ["tick", "Sent"],
  delivered: ["ticks", "Delivered"],
  read: ["ticks", "Read"],
};

/**
 * A message's element. `place` says whether it is the first or last of its speaker's run;
 * `hands` are what a press does: tap(message, key), choose(message), opened(url, event), said(command).
 */
export function drawMessage(message, channel, place, hands) {
  const isOwn = message.from === "phone";
  const classes = ["message", isOwn ? "own" : "theirs", place.first && "first", place.last && "last"];
  if (message.error) classes.push("failed");
  if (hasKeyboard(message)) classes.push("has-keyboard");
  return h(
    "div",
    { class: classes.filter(Boolean).join(" "), data: { role: "message", message: message.id, from: message.from } },
    h("div", { class: bubbleClass(message) }, ...insides(message, channel, hands)),
    channel === "telegram" && keyboard(message, hands),
    message.error && h("p", { class: "error" }, icon("alert"), h("span", {}, message.error)),
  );
}

/** The line between two days. */
export function drawDay(instant) {
  return h("div", { class: "day" }, h("span", {}, dayName(instant, new Date())));
}

function hasKeyboard(message) {
  return !message.deleted && message.buttons.length > 0;
}

function bubbleClass(message) {
  if (message.deleted || !message.media) return "bubble";
  const frame = isPictured(message.media) ? "bubble pictured" : "bubble filed";
  return wordsBeside(message) ? frame : `${frame} wordless`;
}

function insides(message, channel, hands) {
  if (message.deleted) return [h("p", { class: "text gone" }, icon("ban"), "This message was deleted", meta(message))];
  const body = h("div", { class: bodyClass(message), dir: "auto" }, ...richText(wordsBeside(message), channel, hands));
  body.append(meta(message));
  return [message.media && drawMedia(message.media), body, channel === "whatsapp" && rows(message, hands)].filter(Boolean);
}

function bodyClass(message) {
  return isEmojiOnly(message.text) && !message.media ? "text emoji" : "text";
}

function meta(message) {
  return h(
    "span",
    { class: "meta", dir: "ltr" },
    message.template && h("span", { class: "template", title: "Wording approved beforehand (a template)" }, "template"),
    message.edited && !message.deleted && h("span", { class: "edited" }, "edited"),
    h("time", { datetime: message.at }, clockTime(message.at)),
    message.from === "phone" && ticks(message),
  );
}

function ticks(message) {
  if (message.error) return h("span", { class: "ticks", role: "img", aria: { label: "Failed" } }, icon("alert"));
  if (!TICKS[message.ticks]) return null;
  const [drawing, label] = TICKS[message.ticks];
  return h("span", { class: `ticks ${message.ticks}`, role: "img", aria: { label } }, icon(drawing));
}

function keyboard(message, hands) {
  if (!hasKeyboard(message)) return null;
  const lines = message.buttons.map((row) => h("div", { class: "keyboard-row" }, ...row.map((key) => keyButton(message, key, hands))));
  return h("div", { class: "keyboard", role: "group", aria: { label: "Choices" } }, ...lines);
}

function rows(message, hands) {
  const quick = message.buttons.flat().map((key) => keyButton(message, key, hands, icon("reply")));
  if (message.list) quick.push(listButton(message, hands));
  return quick.length > 0 && h("div", { class: "rows", role: "group", aria: { label: "Choices" } }, ...quick);
}

function keyButton(message, { label, key }, hands, drawing = null) {
  const pressed = (event) => hands.tap(message, key, event.currentTarget);
  return button({ class: "key", data: { role: "button", key }, on: { click: pressed } }, drawing, h("span", { dir: "auto" }, label));
}

function listButton(message, hands) {
  const pressed = (event) => hands.choose(message, event.currentTarget);
  return button(
    { class: "key", aria: { haspopup: "dialog" }, data: { role: "button" }, on: { click: pressed } },
    icon("list"),
    h("span", { dir: "auto" }, message.list.button),
  );
}
