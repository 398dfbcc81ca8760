/** One chat's messages: drawn once each, redrawn only where they changed, scrolled as a person expects. */

import { button, h, icon } from "./dom.js";
import { drawDay, drawMessage } from "./message.js";
import { visibleMessages } from "./model.js";

/** How many of a chat's last messages are drawn; "Earlier messages" draws as many again. */
const LAST = 60;

/** How near to the end, in pixels, still counts as reading the end. */
const NEAR = 60;

/** The scrolling part of a phone. */
export class ChatView {
  constructor(channel, hands) {
    this.channel = channel;
    this.hands = hands;
    this.drawn = new Map();
    this.limit = LAST;
    this.unseen = 0;
    this.isLive = false;
    this.isFollowing = true;
    this.list = h("div", { class: "messages", role: "log", tabindex: "0", aria: { label: "Messages" } });
    this.count = h("span", { class: "jump-count" });
    this.jump = button({ class: "jump", hidden: true, aria: { label: "To the newest message" }, on: { click: () => this.toEnd() } }, icon("down"), this.count);
    this.element = h("div", { class: "chat" }, this.list, this.jump);
    this.list.addEventListener("scroll", () => this.scrolled(), { passive: true });
    const follow = () => this.isFollowing && this.toEnd();
    this.list.addEventListener("load", follow, true); // a picture takes its room late
    new ResizeObserver(follow).observe(this.list);
  }

  /** Start over with another chat. */
  clear() {
    this.drawn.clear();
    this.list.replaceChildren();
    this.limit = LAST;
    this.isLive = false;
    this.seen();
  }

  /** Show this chat as it is now. `empty` is shown where nothing was said yet. */
  update(chat, empty) {
    const messages = visibleMessages(chat, this.channel);
    const wasAtEnd = this.isFollowing || this.isAtEnd();
    const isFirst = this.drawn.size === 0;
    const fresh = this.draw(messages, empty);
    const ownWord = fresh.some((message) => message.from === "phone");
    if (isFirst || wasAtEnd || ownWord) this.toEnd();
    else this.missed(fresh.length);
  }

  draw(messages, empty) {
    const last = messages.slice(-this.limit);
    const wanted = last.length ? this.pieces(last, messages.length > last.length) : [{ id: "empty", look: "", build: () => empty }];
    const fresh = last.filter((message) => !this.drawn.has(`m:${message.id}`));
    const elements = wanted.map((piece) => this.piece(piece));
    this.forget(new Set(wanted.map((piece) => piece.id)));
    this.arrange(elements);
    this.isLive = true;
    return fresh;
  }

  pieces(messages, hasEarlier) {
    const pieces = hasEarlier ? [{ id: "earlier", look: "", build: () => this.earlier() }] : [];
    messages.forEach((message, index) => {
      const before = messages[index - 1];
      const opensDay = !before || day(before) !== day(message);
      if (opensDay) pieces.push({ id: `d:${day(message)}`, look: day({ at: Date.now() }), build: () => drawDay(message.at) });
      const place = { first: opensDay || before.from !== message.from, last: isLast(message, messages[index + 1]) };
      const look = JSON.stringify([message, place]);
      pieces.push({ id: `m:${message.id}`, look, build: () => drawMessage(message, this.channel, place, this.hands) });
    });
    return pieces;
  }

  piece({ id, look, build }) {
    const known = this.drawn.get(id);
    if (known?.look === look) return known.element;
    const element = build();
    if (!known && this.isLive) element.classList.add("arriving");
    if (known?.element.contains(document.activeElement)) queueMicrotask(() => refocus(element));
    this.drawn.set(id, { look, element });
    return element;
  }

  forget(wanted) {
    for (const id of this.drawn.keys()) if (!wanted.has(id)) this.drawn.delete(id);
  }

  arrange(elements) {
    elements.forEach((element, index) => {
      const there = this.list.children[index];
      if (there !== element) this.list.insertBefore(element, there ?? null);
    });
    while (this.list.children.length > elements.length) this.list.lastElementChild.remove();
  }

  earlier() {
    const more = () => {
      const fromEnd = this.list.scrollHeight - this.list.scrollTop;
      this.limit += LAST;
      this.hands.redraw();
      this.list.scrollTop = this.list.scrollHeight - fromEnd;
    };
    return button({ class: "earlier", on: { click: more } }, "Earlier messages");
  }

  isAtEnd() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR;
  }

  toEnd() {
    this.isFollowing = true;
    this.list.scrollTop = this.list.scrollHeight;
    this.seen();
  }

  missed(count) {
    this.unseen += count;
    this.jump.hidden = this.isAtEnd();
    this.count.textContent = this.unseen || "";
  }

  seen() {
    this.unseen = 0;
    this.jump.hidden = true;
    this.count.textContent = "";
  }

  scrolled() {
    if (this.isAtEnd()) this.isFollowing = true;
    else if (this.list.scrollTop < this.top) this.isFollowing = false; // upwards: somebody looks at what came before
    this.top = this.list.scrollTop;
    if (this.isAtEnd()) this.seen();
    else this.jump.hidden = false;
  }
}

function day({ at }) {
  return new Date(at).toDateString();
}

function isLast(message, after) {
  return !after || after.from !== message.from || day(after) !== day(message);
}

/** A redrawn message keeps the keyboard's focus on its first choice. */
function refocus(element) {
  element.querySelector("[data-role=button]")?.focus({ preventScroll: true });
}
