/** One phone: its frame, the chat on its screen, and what a person's hands do with it. */

import { api } from "./api.js";
import { Attaching } from "./attaching.js";
import { ChatView } from "./chat.js";
import { Composer, bigButton } from "./composer.js";
import { attempt, button, h, icon } from "./dom.js";
import { face, inbox } from "./inbox.js";
import { phoneMenu } from "./menu.js";
import { CHANNEL_NAMES, channelOf, clockTime, firstBot, languageName, newest, spaced, windowLeft } from "./model.js";
import { listSheet } from "./sheet.js";

/** How long a toast stays, in milliseconds. */
const TOAST = 3500;

/** How long "typing…" stays unless it is said again, in milliseconds; Telegram's sendChatAction shows at most 5 s. */
const TYPING = 5000;

/** A phone on the board; `update` is called with every change, everything else follows from it. */
export class PhoneView {
  constructor(phone, store) {
    this.store = store;
    this.phone = phone;
    this.bot = undefined;
    this.toasts = new Map();
    this.read = new Map();
    this.isSeen = false;
    this.build();
    this.update(phone);
  }

  build() {
    const { id, channel } = this.phone;
    this.chat = new ChatView(channel, this.hands());
    this.composer = new Composer({ said: (text) => this.say(text), attach: () => this.attaching.begin() });
    this.attaching = new Attaching(this);
    this.clock = h("span", { class: "clock" });
    this.header = h("div", { class: "app-header" });
    this.list = h("div", { class: "inbox" });
    this.foot = h("div", { class: "foot" });
    this.layer = h("div", { class: "layer" });
    this.toastLine = h("div", { class: "toasts", role: "status" });
    const bar = h("div", { class: "status-bar", aria: { hidden: true } }, this.clock, h("span", { class: "camera" }), icon("status", "signals"));
    this.app = h("div", { class: "app" }, this.header, this.list, this.chat.element, this.foot);
    this.screen = h("div", { class: "screen" }, bar, this.app, this.layer, this.toastLine);
    this.caption = h("div", { class: "caption" });
    this.element = h("article", { class: `phone ${channel}`, data: { phone: id, channel } }, h("div", { class: "frame" }, this.screen), this.caption);
  }

  hands() {
    return {
      tap: (message, key, pressed) => this.tap(message, key, pressed),
      choose: (message, pressed) => this.choose(message, pressed),
      opened: (url, event) => this.followLink(url, event),
      said: (command) => this.say(command),
      redraw: () => this.drawChat(),
    };
  }

  /** Show the phone as it is now. */
  update(phone) {
    this.phone = phone;
    this.bots = this.store.botsFor(phone.channel);
    if (this.bot === undefined || (this.bot === null && this.bots.length === 1)) this.bot = firstBot(phone, this.bots);
    if (this.bot && !this.bots.some((bot) => bot.id === this.bot)) this.bot = firstBot(phone, this.bots);
    this.element.setAttribute("aria-label", phone.held_by ? `Telegram group ${phone.name}` : `${phone.name}'s ${CHANNEL_NAMES[phone.channel]} phone`);
    this.element.classList.toggle("deactivated", phone.deactivated);
    this.screen.lang = phone.language_code ?? "";
    this.notePace();
    this.drawHeader();
    this.drawInbox();
    this.drawChat();
    this.drawFoot();
    this.drawCaption();
    this.showToasts();
    this.markRead();
  }

  get current() {
    return this.phone.chats.find((chat) => chat.bot === this.bot);
  }

  get partner() {
    return this.bots.find((bot) => bot.id === this.bot) ?? null;
  }

  get isBlocked() {
    return this.phone.blocked.includes(this.bot);
  }

  drawHeader() {
    const bot = this.partner;
    const title = this.phone.held_by ? this.phone.name : bot?.name ?? (this.phone.channel === "telegram" ? "Telegram" : "WhatsApp");
    const subtitle = bot && this.subtitle(bot);
    const look = JSON.stringify([title, subtitle, this.bots.length, Boolean(bot)]);
    if (look === this.headerLook) return;
    this.headerLook = look;
    const back = bot && this.bots.length > 1 && button({ class: "header-button back", aria: { label: "All chats" }, on: { click: () => this.show(null) } }, icon("back"));
    const pictured = this.phone.held_by ? this.phone : bot;
    const words = h("div", { class: "header-words" }, h("h2", { dir: "auto" }, h("span", {}, title), bot && this.phone.channel === "whatsapp" && icon("verified")), subtitle && h("p", { class: subtitle === "typing" ? "is-typing" : "" }, subtitle));
    this.more = button({ class: "header-button", aria: { label: `Menu of ${this.phone.name}`, haspopup: "dialog", expanded: false }, on: { click: () => this.toggleMenu() } }, icon("more"));
    this.header.replaceChildren(...[back, bot && face(pictured), words, this.more].filter(Boolean));
  }

  subtitle(bot) {
    if (this.phone.held_by) return "group";
    if (this.current?.typing && Date.now() < this.typingUntil) return "typing";
    return this.phone.channel === "telegram" ? "bot" : spaced(bot.handle);
  }

  /** "typing…" goes away by itself, as in the apps: nobody tells us when it is over. */
  notePace() {
    clearTimeout(this.typingTimer);
    if (!this.current?.typing) return;
    this.typingUntil = Date.now() + TYPING;
    this.typingTimer = setTimeout(() => this.drawHeader(), TYPING + 10);
  }

  drawInbox() {
    this.list.hidden = Boolean(this.bot);
    this.chat.element.hidden = !this.bot;
    this.foot.hidden = !this.bot;
    if (!this.bot) this.list.replaceChildren(...inbox(this.phone, this.bots, (bot) => this.show(bot)));
  }

  drawChat() {
    if (this.bot) this.chat.update(this.current, this.emptyHint());
  }

  emptyHint() {
    if (this.phone.held_by) return h("div", { class: "hint" }, h("p", {}, "A group with the bot in it. What is said here, the phone says on which it was made."));
    const isTelegram = this.phone.channel === "telegram";
    const words = isTelegram
      ? [h("b", {}, "What can this bot do?"), h("p", {}, "It brings you announcements from the agency, in your language. Press START to begin.")]
      : [h("p", {}, "This is an official business account. Say hi to begin."), button({ class: "say-hi", data: { role: "say-hi" }, on: { click: () => this.say("hi") } }, "👋 Say hi")];
    return h("div", { class: "hint" }, isTelegram && this.partner && face(this.partner), ...words);
  }

  drawFoot() {
    const kind = this.footKind();
    if (kind === this.footLook) return;
    const hadFocus = this.foot.contains(document.activeElement);
    this.footLook = kind;
    this.foot.replaceChildren(this.footFor(kind));
    if (hadFocus) this.foot.querySelector("textarea, button")?.focus({ preventScroll: true });
  }

  footKind() {
    if (this.phone.deactivated) return "gone";
    if (this.isBlocked) return "blocked";
    if (this.phone.held_by) return "composer";
    const isEmpty = !newest(this.current, this.phone.channel);
    return isEmpty && this.phone.channel === "telegram" ? "start" : "composer";
  }

  footFor(kind) {
    if (kind === "gone") return h("p", { class: "foot-note" }, "This account is deactivated.");
    if (kind === "start") return bigButton("START", "start", () => this.say("/start"));
    if (kind === "composer") return this.composer.element;
    const text = this.phone.channel === "telegram" ? "UNBLOCK" : "Unblock this business";
    return bigButton(text, "unblock", () => attempt(() => api.unblock(this.phone.id, this.bot)));
  }

  drawCaption() {
    const { name, number, language_code, channel, blocked } = this.phone;
    const facts = this.phone.held_by ? [`group, as ${this.holderName()} sees it`] : [channel === "telegram" ? `id ${number}` : spaced(number), languageName(language_code)];
    const left = channel === "whatsapp" && windowLeft(this.current, new Date());
    if (left) facts.push(left);
    if (blocked.length) facts.push("blocked");
    const look = JSON.stringify([name, facts]);
    this.clock.textContent = clockTime(Date.now());
    if (look === this.captionLook) return;
    this.captionLook = look;
    this.caption.replaceChildren(h("b", { dir: "auto" }, name), h("span", {}, facts.join(" · ")));
  }

  holderName() {
    return this.store.phones.get(this.phone.held_by)?.name ?? "nobody";
  }

  /** Open a chat, or null for the list of chats. */
  show(bot) {
    if (bot === this.bot) return;
    this.bot = bot;
    this.chat.clear();
    this.update(this.phone);
  }

  say(text) {
    const { number, held_by } = this.phone;
    if (held_by) return attempt(() => api.sayInGroup(number, this.bot, held_by, text));
    return attempt(() => api.say(this.phone.id, this.bot, text));
  }

  async tap(message, key, pressed) {
    pressed?.classList.add("pending");
    this.toasts.delete(message.id);
    await attempt(async () => {
      const { open } = (await api.tap(this.phone.id, this.bot, message.id, key)) ?? {};
      if (open) this.leaveFor(open);
    });
    pressed?.classList.remove("pending");
  }

  /** A button that only leads somewhere: to another chat on this phone, or to the web. */
  leaveFor(url) {
    if (channelOf(url) === this.phone.channel) this.open(url);
    else window.open(url, "_blank", "noopener");
  }

  choose(message, pressed) {
    const closed = () => this.closeLayer(pressed);
    this.openLayer(listSheet(message.list, { chosen: (key) => this.tap(message, key), closed }));
  }

  openLayer(content) {
    this.layer.replaceChildren(content);
    this.app.inert = true;
    this.layer.querySelector(".sheet-body :is(textarea, select), input:not([hidden]), button, [aria-pressed=true]")?.focus({ preventScroll: true });
  }

  closeLayer(returnTo) {
    this.layer.replaceChildren();
    this.app.inert = false;
    this.more.setAttribute("aria-expanded", "false");
    returnTo?.focus({ preventScroll: true });
  }

  toggleMenu() {
    const backdrop = h("div", { class: "backdrop clear" }, phoneMenu(this.phone, this.partner, this.menuVerbs()));
    const close = () => this.closeLayer(this.more);
    backdrop.addEventListener("click", (event) => event.target === backdrop && close());
    backdrop.addEventListener("keydown", (event) => event.key === "Escape" && close());
    this.openLayer(backdrop);
    this.more.setAttribute("aria-expanded", "true");
  }

  menuVerbs() {
    const { id } = this.phone;
    const verb = (action) => (...values) => (this.closeLayer(this.more), attempt(() => action(...values)));
    return {
      group: verb(() => api.newGroup(this.bot, id, "Duty room")),
      speak: verb((code) => api.speak(id, code)),
      block: verb(() => api.block(id, this.bot)),
      unblock: verb(() => api.unblock(id, this.bot)),
      deactivate: verb(() => api.deactivate(id)),
      remove: verb(() => api.removePhone(id)),
    };
  }

  followLink(url, event) {
    if (channelOf(url) !== this.phone.channel) return;
    event.preventDefault();
    this.open(url);
  }

  /** Open a t.me or wa.me link on this phone, and the chat it leads to. */
  async open(url) {
    return attempt(async () => {
      const { bot } = await api.open(this.phone.id, url);
      this.show(bot);
    });
  }

  /** A toast is shown when it comes, and once more for every new tap; never for what was there before. */
  showToasts() {
    const isFirst = this.toastsRead === undefined;
    this.toastsRead = true;
    for (const message of this.current?.messages ?? []) {
      const known = this.toasts.get(message.id);
      this.toasts.set(message.id, message.toast);
      if (message.toast && message.toast !== known && !isFirst) this.toast(message.toast);
    }
  }

  toast(text) {
    const line = h("p", { class: "toast", dir: "auto" }, text);
    this.toastLine.replaceChildren(line);
    setTimeout(() => line.remove(), TOAST);
  }

  /** Whether the phone can be seen; what can be seen is read. */
  seen(isSeen) {
    this.isSeen = isSeen;
    this.markRead();
  }

  markRead() {
    if (!this.isSeen || document.hidden || !this.bot || this.phone.deactivated) return;
    const latest = this.current?.messages.findLast((message) => message.from === "bot");
    if (!latest || this.read.get(this.bot) === latest.id) return;
    this.read.set(this.bot, latest.id);
    api.read(this.phone.id, this.bot).catch(() => this.read.delete(this.bot));
  }
}
