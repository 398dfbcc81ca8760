/** What somebody sees who has no phone yet, and the walk through everything in four steps. */

import { button, h, icon } from "./dom.js";

/** The four steps; `act` holds add(channel, language) and tryLinks(). */
export function walk(act) {
  const steps = [
    [["Add a Telegram phone in Tamil and press ", h("kbd", {}, "START"), "."], "Telegram phone in தமிழ்", "telegram", () => act.add("telegram", "ta")],
    [["Add a WhatsApp phone in Malay and say ", h("kbd", {}, "hi"), "."], "WhatsApp phone in Melayu", "whatsapp", () => act.add("whatsapp", "ms")],
    [["Open the officer's invitation on a third phone and type ", h("kbd", {}, "/announce"), "."], "Find the invitation", "spark", act.tryLinks],
    [["See it arrive on both, each in its language. Then type ", h("kbd", {}, "STOP"), " and hear nothing more."], null],
  ];
  return h("ol", { class: "walk" }, ...steps.map(step));
}

function step([words, label, drawing, pressed]) {
  return h("li", {}, h("p", {}, ...words), label && button({ class: `step-button ${drawing}`, on: { click: pressed } }, icon(drawing), label));
}

/** The friendly page without phones. */
export function welcome(act) {
  return [
    scene(),
    h("div", { class: "welcome-mark" }, icon("megaphone")),
    h("h2", {}, "Say it once. Everybody hears it."),
    h("p", { class: "welcome-lead" }, "The phones on this page are pretend. What answers them is real: the conversation, the consent, the sending, the receipts. Four steps show it."),
    walk(act),
  ];
}

function scene() {
  const mini = (channel, words) => h("div", { class: `mini ${channel}` }, ...words.map(([lang, text]) => h("span", { lang }, text)));
  return h(
    "div",
    { class: "scene", aria: { hidden: true } },
    mini("telegram", [["en", "/start"], ["ta", "வணக்கம்! எந்த மொழியில்?"], ["ta", "தமிழ்"], ["ta", "⛈️ இன்று மாலை கனமழை."]]),
    mini("whatsapp", [["ms", "hi"], ["ms", "Selamat datang! Pilih topik."], ["ms", "Cuaca"], ["ms", "⛈️ Hujan lebat petang ini."]]),
  );
}
