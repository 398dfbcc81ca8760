/** The foot of a chat: where one types, or the one big button that stands there instead. */

import { button, h, icon } from "./dom.js";

/** How tall the text box may grow, in pixels. */
const TALLEST = 112;

/** Enter sends, Shift+Enter breaks the line; a half-typed word of an input method is never sent. */
export class Composer {
  constructor({ said, attach }) {
    this.said = said;
    this.box = h("textarea", { rows: 1, dir: "auto", placeholder: "Message", data: { role: "composer" }, aria: { label: "Message" } });
    this.send = button({ class: "send", disabled: true, data: { role: "send" }, aria: { label: "Send" }, on: { click: () => this.submit() } }, icon("send"));
    this.attach = button({ class: "attach", aria: { label: "Attach", haspopup: "dialog", expanded: false }, data: { role: "attach" }, on: { click: attach } }, icon("clip"));
    const field = h("div", { class: "field" }, icon("smile"), this.box, this.attach);
    this.element = h("div", { class: "composer" }, field, this.send);
    this.box.addEventListener("input", () => this.resized());
    this.box.addEventListener("keydown", (event) => this.pressed(event));
  }

  pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  async submit() {
    const text = this.box.value.trim();
    if (!text) return;
    this.write("");
    const wentWell = await this.said(text);
    if (!wentWell && !this.box.value) this.write(text);
  }

  write(text) {
    this.box.value = text;
    this.resized();
  }

  resized() {
    this.send.disabled = !this.box.value.trim();
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, TALLEST)}px`;
  }
}

/** The button across the foot of a chat: START, UNBLOCK. */
export function bigButton(text, role, pressed) {
  return button({ class: "big-button", data: { role }, on: { click: pressed } }, text);
}
