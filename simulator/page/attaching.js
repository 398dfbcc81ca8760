/** Sending pictures, a file or a place from a phone: the menu above the composer, and the sheets that follow. */

import { api } from "./api.js";
import { button, h, icon, select } from "./dom.js";
import { bytes } from "./media.js";

const MEGABYTE = 1024 ** 2;

/** What may be sent at once; what one file may have is for the simulator to say (simulator/attaching.py). */
const MOST_PHOTOS = 10;
const MOST_BYTES = 40 * MEGABYTE;
const CAPTION = 1024;

const PLACES = [
  ["City Hall", 1.2931, 103.852],
  ["Marina Barrage", 1.28075, 103.87083],
  ["Bedok Reservoir", 1.34171, 103.92472],
  ["Jurong Lake Gardens", 1.33942, 103.72556],
];

let sheets = 0;

/** What a phone's owner attaches. `view` is the phone: openLayer, closeLayer, its composer, whom it talks to. */
export class Attaching {
  constructor(view) {
    this.view = view;
    this.photos = this.chooser("photo", "image/jpeg,image/png,image/webp", true);
    this.files = this.chooser("document", "", false);
  }

  chooser(kind, accept, multiple) {
    const chosen = ({ target }) => {
      const files = [...target.files];
      target.value = "";
      if (files.length) this.preview(kind, files);
    };
    return h("input", { type: "file", accept, multiple, hidden: true, data: { role: `${kind}-file` }, on: { change: chosen } });
  }

  /** The menu: a photo, a document, a location. */
  begin() {
    const ways = [
      ["photo", "image", "Photo", () => this.photos.click()],
      ["document", "file", "Document", () => this.files.click()],
      ["location", "pin", "Location", () => this.place()],
    ].map(([kind, drawing, label, pressed]) => button({ class: `attach-way ${kind}-way`, data: { role: `attach-${kind}` }, on: { click: pressed } }, h("span", {}, icon(drawing)), h("span", {}, label)));
    this.open("low", h("div", { class: "attach-menu", role: "dialog", aria: { label: "Attach" } }, ...ways, this.photos, this.files));
    this.view.composer.attach.setAttribute("aria-expanded", "true");
  }

  open(kind, panel) {
    const backdrop = h("div", { class: `backdrop ${kind}` }, panel);
    backdrop.addEventListener("click", (event) => event.target === backdrop && this.close());
    backdrop.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.view.openLayer(backdrop);
  }

  close() {
    this.shown?.forEach((address) => URL.revokeObjectURL(address));
    this.shown = null;
    this.view.closeLayer(this.view.composer.attach);
    this.view.composer.attach.setAttribute("aria-expanded", "false");
  }

  /** What was chosen, with room for a caption: what is in the composer already. */
  preview(kind, files) {
    const caption = h("textarea", { maxlength: CAPTION, dir: "auto", data: { role: "caption" }, placeholder: "Add a caption…" });
    caption.value = this.view.composer.box.value.trim();
    const title = kind === "document" ? "Send a document" : files.length > 1 ? `Send ${files.length} photos` : "Send a photo";
    const send = async () => {
      await this.sent(kind, files, caption.value.trim());
      this.view.composer.write("");
    };
    this.shown = [];
    const list = h("ul", { class: "chosen" }, ...files.map((file) => h("li", {}, this.glance(kind, file), h("span", { dir: "auto" }, `${file.name} · ${bytes(file.size) || "empty"}`))));
    this.sheet(title, [list, h("label", {}, "Caption", caption)], send, complaint(kind, files));
  }

  glance(kind, file) {
    if (kind === "document") return icon("file");
    const address = URL.createObjectURL(file);
    this.shown.push(address);
    return h("img", { src: address, alt: "" });
  }

  async sent(kind, files, text) {
    const { phone, bot } = this.view;
    const contents = await Promise.all(files.map(async (file) => ({ name: file.name, content: await encoded(file) })));
    if (contents.length > 1) return api.sendAlbum(phone.id, bot, contents, text);
    return api.send(phone.id, bot, { kind, text, ...contents[0] });
  }

  /** A place of the list, or any other. */
  place() {
    const degrees = (name, most) => h("input", { type: "number", step: "any", min: -most, max: most, required: true, data: { role: name } });
    const latitude = degrees("latitude", 90);
    const longitude = degrees("longitude", 180);
    const name = h("input", { type: "text", maxlength: 100, dir: "auto", data: { role: "place-name" } });
    const fill = (index) => ([name.value, latitude.value, longitude.value] = PLACES[index] ?? ["", "", ""]);
    const known = select({ on: { change: ({ target }) => fill(target.value) } }, [...PLACES.map(([each], index) => [index, each]), ["other", "Somewhere else"]], 0);
    fill(0);
    const fields = [h("label", {}, "Place", known), h("div", { class: "sheet-pair" }, h("label", {}, "Latitude", latitude), h("label", {}, "Longitude", longitude)), h("label", {}, "Name (may be empty)", name)];
    const send = () => {
      const { phone, bot } = this.view;
      return api.send(phone.id, bot, { kind: "location", latitude: latitude.value, longitude: longitude.value, name: name.value.trim() });
    };
    this.sheet("Send a location", fields, send, "");
  }

  /** A sheet with one button to send. What went wrong stands in the sheet, and nothing of it is lost. */
  sheet(title, fields, send, complaint) {
    const name = `attach-${++sheets}`;
    const error = h("p", { class: "sheet-error", role: "alert" }, complaint);
    const press = h("button", { class: "sheet-send", disabled: Boolean(complaint), data: { role: "attach-send" } }, "Send");
    const close = button({ class: "sheet-close", aria: { label: "Close without sending" }, on: { click: () => this.close() } }, icon("close"));
    const submitted = async (event) => {
      event.preventDefault();
      press.disabled = true;
      try {
        await send();
        this.close();
      } catch (refusal) {
        error.textContent = sentence(refusal.message);
        press.disabled = false;
        press.focus(); // which a button that is disabled loses, and Escape with it
      }
    };
    const form = h("form", { class: "sheet-form", on: { submit: submitted } }, h("div", { class: "sheet-body" }, ...fields, error), h("footer", {}, press));
    this.open("", h("div", { class: "sheet", role: "dialog", aria: { modal: true, labelledby: name } }, h("header", {}, close, h("h2", { id: name }, title)), form));
  }
}

/** Why these cannot be sent at all; empty where they may. */
function complaint(kind, files) {
  if (kind === "photo" && files.length > MOST_PHOTOS) return `At most ${MOST_PHOTOS} photos can be sent at once; these are ${files.length}.`;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return size > MOST_BYTES ? `At most ${bytes(MOST_BYTES)} can be sent at once; this is ${bytes(size)}.` : "";
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

function encoded(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1] ?? "");
    reader.onerror = () => failed(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
}
