/** All the phones side by side: as many as are worth drawing, and only those redrawn that changed. */

import { PAGE, matching, shown } from "./model.js";
import { PhoneView } from "./phone.js";

const $ = (id) => document.getElementById(id);

/** The phones on the page; changes are collected and drawn once a frame. */
export class Board {
  constructor(store) {
    this.store = store;
    this.views = new Map();
    this.dirty = new Set();
    this.used = new Set();
    this.limit = PAGE;
    this.watcher = new IntersectionObserver((entries) => this.watched(entries), { threshold: 0.4 });
    $("filter").addEventListener("input", () => this.refilter());
    $("more-button").addEventListener("click", () => this.showMore());
    document.addEventListener("visibilitychange", () => this.views.forEach((view) => view.markRead()));
    setInterval(() => this.views.forEach((view) => view.drawCaption()), 20_000);
  }

  /** These phones changed (all of them, where none are named); draw them at the next frame. */
  changed(ids = this.store.phones.keys()) {
    for (const id of ids) this.dirty.add(id);
    if (this.isAwaited) return;
    this.isAwaited = true;
    const draw = () => this.draw();
    if (document.hidden) setTimeout(draw, 50);
    else requestAnimationFrame(draw);
  }

  draw() {
    this.isAwaited = false;
    const phones = matching(this.store.list(), $("filter").value);
    const wanted = shown(phones, this.used, this.limit);
    this.forget(new Set(wanted.map((phone) => phone.id)));
    wanted.forEach((phone, index) => this.place(phone, index));
    this.dirty.clear();
    this.drawRest(phones.length, wanted.length);
  }

  place(phone, index) {
    let view = this.views.get(phone.id);
    if (!view) view = this.add(phone);
    else if (this.dirty.has(phone.id)) view.update(phone);
    const there = $("phones").children[index];
    if (there !== view.element) $("phones").insertBefore(view.element, there ?? null);
    if (view.isNew) view.chat.toEnd();
    view.isNew = false;
  }

  add(phone) {
    const view = new PhoneView(phone, this.store);
    view.isNew = true;
    this.views.set(phone.id, view);
    this.watcher.observe(view.element);
    return view;
  }

  forget(wanted) {
    for (const [id, view] of this.views) {
      if (wanted.has(id)) continue;
      this.watcher.unobserve(view.element);
      view.element.remove();
      this.views.delete(id);
    }
  }

  drawRest(found, drawn) {
    $("welcome").hidden = this.store.phones.size > 0;
    $("nothing").hidden = found > 0 || this.store.phones.size === 0;
    $("more").hidden = found <= drawn;
    $("more-text").textContent = `${drawn} of ${found} phones are shown.`;
    $("phones").dataset.count = drawn;
  }

  refilter() {
    this.limit = PAGE;
    this.changed([]);
  }

  showMore() {
    this.limit += PAGE;
    this.changed([]);
  }

  watched(entries) {
    for (const entry of entries) this.views.get(entry.target.dataset.phone)?.seen(entry.isIntersecting);
  }

  /** Bring a phone to the front and give it the keyboard; resolves with its view once it is drawn. */
  async reveal(id) {
    this.used.add(id);
    const phone = this.store.phones.get(id);
    if (!matching([phone], $("filter").value).length) $("filter").value = "";
    this.changed([id]);
    await new Promise((done) => setTimeout(done, 60));
    const view = this.views.get(id);
    const motion = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    view?.element.scrollIntoView({ behavior: motion, block: "nearest", inline: "center" });
    view?.foot.querySelector("textarea, button")?.focus({ preventScroll: true });
    return view;
  }
}
