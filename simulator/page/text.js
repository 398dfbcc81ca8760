/** Turning what was said into nodes: links, commands, WhatsApp's marks. Never through innerHTML. */

import { h } from "./dom.js";
import { withScheme } from "./model.js";

const LINK = /(?:https?:\/\/|www\.|(?:t|wa)\.me\/)[^\s<>"']*[^\s<>"'.,;:!?)\]}…。，）]/iu;
const COMMAND = /(?<![\p{L}\p{N}/])\/[a-z][a-z0-9_]{0,31}(?![\p{L}\p{N}/_])/u;
const MARKS = [
  ["code", /```([^]+?)```/u],
  ["code", /`([^`\n]+)`/u],
  ["strong", marked("\\*")],
  ["em", marked("_")],
  ["s", marked("~")],
];
const EMOJI = /^(?:\s*\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*){1,3}\s*$/u;

function marked(sign) {
  return new RegExp(`(?<![\\p{L}\\p{N}])${sign}(?=\\S)([^\\n]*?\\S)${sign}(?![\\p{L}\\p{N}])`, "u");
}

/** Whether a message is nothing but one to three emoji, which both apps draw large. */
export function isEmojiOnly(text) {
  return EMOJI.test(text);
}

/**
 * The nodes of a text. `opened(url)` is called for a pressed link and may prevent it,
 * `said(command)` for a pressed /command; both depend on whose phone it is.
 */
export function richText(text, channel, { opened, said }) {
  const rules = [[LINK, (found) => link(found[0], opened)]];
  if (channel === "telegram") rules.push([COMMAND, (found) => command(found[0], said)]);
  else rules.push(...MARKS.map(([tag, pattern]) => [pattern, (found) => mark(tag, found[1], { opened, said })]));
  return split(text, rules);
}

function split(text, rules) {
  const nodes = [];
  let rest = text;
  while (rest) {
    const next = earliest(rest, rules);
    if (!next) break;
    nodes.push(rest.slice(0, next.found.index), next.build(next.found));
    rest = rest.slice(next.found.index + next.found[0].length);
  }
  return [...nodes, rest].filter((node) => node !== "");
}

function earliest(text, rules) {
  let best = null;
  for (const [pattern, build] of rules) {
    const found = pattern.exec(text);
    if (found && (!best || found.index < best.found.index)) best = { found, build };
  }
  return best;
}

function link(typed, opened) {
  const href = withScheme(typed);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", on: { click: (event) => opened(href, event) } }, typed);
}

function command(typed, said) {
  return h("button", { type: "button", class: "command", on: { click: () => said(typed) } }, typed);
}

function mark(tag, inner, hands) {
  if (tag === "code") return h("code", {}, inner);
  return h(tag, {}, ...richText(inner, "whatsapp", hands));
}
