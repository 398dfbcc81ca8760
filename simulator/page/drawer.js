/** "Things to try": the walk, the links somebody prepared, and a field for any other link. */

import { attempt, button, h, icon, notify, select } from "./dom.js";
import { CHANNEL_NAMES, channelOf, withScheme } from "./model.js";
import { walk } from "./welcome.js";

const NEW = "new";

/** The drawer at the side; `act` holds add(channel, language) -> id and open(phone id, url). */
export class Drawer {
  constructor(store, act) {
    this.store = store;
    this.act = act;
    this.element = document.getElementById("drawer");
    this.toggle = document.getElementById("try");
    this.toggle.addEventListener("click", () => this.show(this.element.hidden));
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.show(false));
    this.links = h("div", { class: "links" });
    this.pasted = h("div", { class: "pasted" });
    this.build();
  }

  build() {
    const close = button({ class: "drawer-close", aria: { label: "Close things to try" }, on: { click: () => this.show(false) } }, icon("close"));
    this.field = h("input", { type: "url", placeholder: "https://t.me/… or https://wa.me/…", spellcheck: "false", aria: { label: "A t.me or wa.me link to open on a phone" } });
    this.field.addEventListener("input", () => this.drawPasted());
    this.element.replaceChildren(
      h("header", {}, h("h2", {}, "Things to try"), close),
      h("section", {}, h("h3", {}, "Links for a phone"), this.links),
      h("section", {}, h("h3", {}, "Any other link"), this.field, this.pasted),
      h("section", {}, h("h3", {}, "The walk"), walk({ ...this.act, tryLinks: () => this.links.querySelector("button")?.focus() })),
    );
  }

  /** Open or close it. */
  show(isOpen) {
    this.element.hidden = !isOpen;
    this.toggle.setAttribute("aria-expanded", String(isOpen));
    document.body.classList.toggle("has-drawer", isOpen);
    if (isOpen) this.update();
    (isOpen ? this.element.querySelector("button") : this.toggle).focus();
  }

  /** Links or phones may have changed; nothing is drawn while nobody looks, nor twice the same. */
  update() {
    if (this.element.hidden) return;
    const look = JSON.stringify([this.store.links, this.store.list().map((phone) => [phone.id, phone.name])]);
    if (look === this.look || this.links.contains(document.activeElement)) return;
    this.look = look;
    const cards = this.store.links.map((link) => this.card(link));
    this.links.replaceChildren(...(cards.length ? cards : [h("p", { class: "quiet" }, "Nobody has prepared a link yet. An officer's invitation appears here once it is made.")]));
    this.drawPasted();
  }

  card({ title, url, note }) {
    const channel = channelOf(url);
    return h(
      "div",
      { class: `link-card ${channel ?? "web"}` },
      h("h4", {}, channel && icon(channel), title),
      note && h("p", {}, note),
      h("code", { title: url }, url),
      this.opener(url, title),
    );
  }

  opener(url, title) {
    const channel = channelOf(url);
    const copy = button({ class: "quiet-button", aria: { label: `Copy the link: ${title}` }, on: { click: () => copyLink(url) } }, "Copy");
    if (!channel) return h("div", { class: "opener" }, h("a", { class: "open-button", href: withScheme(url), target: "_blank", rel: "noopener noreferrer" }, "Open in a tab"), copy);
    const phones = this.store.list().filter((phone) => phone.channel === channel && !phone.deactivated);
    const options = [...phones.map((phone) => [phone.id, phone.name]), [NEW, `a new ${CHANNEL_NAMES[channel]} phone`]];
    const where = select({ aria: { label: `Phone for: ${title}` } }, options, phones.at(-1)?.id ?? NEW);
    const open = () => this.open(where.value, channel, url);
    return h("div", { class: "opener" }, button({ class: "open-button", aria: { label: `Open on the chosen phone: ${title}` }, on: { click: open } }, "Open on"), where, copy);
  }

  async open(where, channel, url) {
    await attempt(async () => {
      const id = where === NEW ? await this.act.add(channel, "en") : where;
      if (id) await this.act.open(id, url);
    });
    if (matchMedia("(max-width: 900px)").matches) this.show(false);
  }

  drawPasted() {
    const url = this.field.value.trim();
    const channel = channelOf(url);
    const hint = h("p", { class: "quiet" }, url ? "Only t.me and wa.me links open on a phone." : "Paste one to see what a citizen sees who follows it.");
    this.pasted.replaceChildren(channel ? this.opener(url, "the pasted link") : hint);
  }
}

async function copyLink(url) {
  const went = await attempt(() => navigator.clipboard.writeText(url));
  if (went) notify("The link is copied.");
}
