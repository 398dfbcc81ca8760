/** The simulator's page: where the news, the phones, the top bar and the drawer meet. */

import { api, follow } from "./api.js";
import { Board } from "./board.js";
import { attempt, button, h, icon, select } from "./dom.js";
import { Drawer } from "./drawer.js";
import { CHANNEL_NAMES, LANGUAGES } from "./model.js";
import { Store } from "./store.js";
import { welcome } from "./welcome.js";

const store = new Store();
const board = new Board(store);
const limits = document.getElementById("limits");
const bar = document.getElementById("topbar");
const drawer = new Drawer(store, { add, open });
let early = [];
let isLoaded = false;

/** Add a phone and bring it to the front; gives its id, or undefined where it was refused. */
async function add(channel, language) {
  let id;
  await attempt(async () => {
    const phone = await api.addPhone(channel, language);
    store.meet(phone);
    id = phone.id;
    await board.reveal(id);
  });
  return id;
}

async function open(id, url) {
  const view = await board.reveal(id);
  return view?.open(url);
}

function adder(channel) {
  const name = CHANNEL_NAMES[channel];
  const language = select({ aria: { label: `Language of the new ${name} phone` } }, LANGUAGES, "en");
  const pressed = () => add(channel, language.value);
  const press = button({ class: "adder-button", aria: { label: `Add a ${name} phone` }, on: { click: pressed } }, icon("plus"), h("span", {}, name, h("span", { class: "adder-what" }, " phone")));
  return h("div", { class: `adder ${channel}` }, press, language);
}

function live(state, text) {
  const line = document.getElementById("live");
  if (line.dataset.live === state) return;
  line.dataset.live = state;
  line.querySelector(".live-text").textContent = text;
}

async function reload() {
  isLoaded = false;
  early = [];
  await attempt(async () => {
    store.load(await api.state());
    isLoaded = true;
    board.changed();
    early.forEach(heard);
    redrawAround();
    live("live", "Live");
  });
}

/** Take news in. News of no phone may mean that the simulator was reset, so everything is asked for again. */
function heard(news) {
  if (!isLoaded) return early.push(news);
  const botsBefore = JSON.stringify(store.bots);
  if (!store.apply(news)) return null;
  if (!news.phones?.length && !news.removed?.length) return reload();
  board.changed(JSON.stringify(store.bots) === botsBefore ? news.phones.map((phone) => phone.id) : undefined);
  return redrawAround();
}

function redrawAround() {
  limits.checked = store.limits;
  drawer.update();
}

async function setLimits() {
  const wanted = limits.checked;
  const went = await attempt(() => api.limits(wanted));
  if (went) store.limits = wanted;
  limits.checked = store.limits;
}

/** The bar is as tall as its rows, and how many those are the reader's letters decide: tell the style sheets. */
function measureBar() {
  document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`);
}

new ResizeObserver(measureBar).observe(bar);
document.getElementById("adders").append(adder("telegram"), adder("whatsapp"));
document.getElementById("welcome").append(...welcome({ add, tryLinks: () => drawer.show(true) }));
limits.addEventListener("change", setLimits);
follow({ opened: reload, heard, lost: () => live("lost", "Disconnected") });
