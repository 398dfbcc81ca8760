/** Pictures, files and places in a chat, as their app draws them. */

import { h, icon } from "./dom.js";

const PICTURED = ["photo", "album", "location"];

/** Whether a message's bubble is the frame of a picture or a map. */
export function isPictured(media) {
  return PICTURED.includes(media?.kind);
}

/** The words beside a message's media; a place that WhatsApp says twice is shown once. */
export function wordsBeside({ media, text }) {
  return media?.kind === "location" && media.name === text ? "" : text;
}

/** What stands above the words: a picture, an album, a map or a file. */
export function drawMedia(media) {
  if (media.kind === "album") return h("div", { class: "picture album", data: { count: media.items.length } }, ...media.items.map((each) => photo(each)));
  if (media.kind === "photo") return h("div", { class: "picture" }, photo(media));
  return media.kind === "location" ? place(media) : file(media);
}

function address(media) {
  return media.file && `/api/files/${encodeURIComponent(media.file)}`;
}

/** A picture that opens in a tab of its own; where there is none to see, the drawing of one. */
function photo(media) {
  const source = address(media);
  if (!source) return unseen(media.name);
  const gone = (event) => event.currentTarget.closest(".photo").replaceWith(unseen(media.name));
  const image = h("img", { src: source, alt: "Photo", on: { error: gone } });
  return h("a", { class: "photo", href: source, target: "_blank", rel: "noopener", aria: { label: "Open the photo" } }, image);
}

function unseen(name) {
  return h("div", { class: "photo unseen" }, icon("image"), h("span", { dir: "auto" }, name || "Photo"));
}

function file(media) {
  const source = address(media);
  const name = media.name || "Document";
  const words = h("span", { class: "document-words" }, h("b", { dir: "auto" }, name), h("span", {}, [ending(media), bytes(media.size)].filter(Boolean).join(" · ")));
  const insides = [h("span", { class: "document-mark", data: { ending: ending(media) } }, icon("file")), words];
  return source ? h("a", { class: "document", href: source, download: name }, ...insides) : h("div", { class: "document" }, ...insides);
}

/** "PDF": what a file's name ends in, else what it is. */
function ending({ name, mime_type }) {
  const [, found] = /\.([a-z0-9]{1,5})$/i.exec(name ?? "") ?? [];
  const known = found ?? (mime_type === "application/octet-stream" ? "" : mime_type?.split("/").at(-1));
  return (known ?? "").toUpperCase();
}

/** "34 KB"; nothing where nobody said how much it is. */
export function bytes(size) {
  if (!size) return "";
  if (size < 1024) return `${size} B`;
  return size < 1024 ** 2 ? `${Math.round(size / 1024)} KB` : `${(size / 1024 ** 2).toFixed(1)} MB`;
}

function place({ name, latitude, longitude }) {
  const point = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  const map = h("span", { class: "map" }, icon("map", "map-drawing"), icon("pin", "map-pin"));
  const words = h("span", { class: "place-words" }, name && h("b", { dir: "auto" }, name), h("span", {}, point));
  return h("a", { class: "picture place", href, target: "_blank", rel: "noopener noreferrer", aria: { label: `Location: ${name ? `${name}, ` : ""}${point}` } }, map, words);
}
