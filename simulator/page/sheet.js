/** WhatsApp's list picker: a sheet from the bottom of the phone, one row to choose, one button to send. */

import { button, h, icon } from "./dom.js";

let opened = 0;

/**
 * A sheet with the rows of `list`. `chosen(key)` is called once the person sends a row,
 * `closed()` whichever way the sheet goes.
 */
export function listSheet(list, { chosen, closed }) {
  const name = `sheet-${++opened}`;
  const send = button({ class: "sheet-send", disabled: true, data: { role: "list-send" } }, "Send");
  const form = h("form", { class: "sheet-rows" }, ...list.items.map((item) => row(item, name)));
  const title = h("h2", { id: name, dir: "auto" }, list.button);
  const close = button({ class: "sheet-close", aria: { label: "Close the list" }, on: { click: closed } }, icon("close"));
  const sheet = h("div", { class: "sheet", role: "dialog", aria: { modal: true, labelledby: name } }, h("header", {}, close, title), form, h("footer", {}, send));
  const finish = () => {
    const key = new FormData(form).get(name);
    if (key === null) return;
    closed();
    chosen(key);
  };
  form.addEventListener("change", () => (send.disabled = false));
  form.addEventListener("submit", (event) => (event.preventDefault(), finish()));
  send.addEventListener("click", finish);
  const backdrop = h("div", { class: "backdrop" }, sheet);
  backdrop.addEventListener("click", (event) => event.target === backdrop && closed());
  backdrop.addEventListener("keydown", (event) => event.key === "Escape" && closed());
  return backdrop;
}

function row({ key, title, description }, name) {
  return h(
    "label",
    { class: "sheet-row", data: { role: "list-item", key } },
    h("span", { class: "sheet-words", dir: "auto" }, h("span", { class: "sheet-title" }, title), description && h("span", { class: "sheet-note" }, description)),
    h("input", { type: "radio", name, value: key }),
  );
}
