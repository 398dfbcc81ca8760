/** Decisions of the page that need no page: languages, links, times, who is shown. */

/** The languages a new phone can speak, by the code its platform would report. */
export const LANGUAGES = [
  ["en", "English"],
  ["zh-hans", "中文"],
  ["ms", "Melayu"],
  ["ta", "தமிழ்"],
];

export const CHANNEL_NAMES = { telegram: "Telegram", whatsapp: "WhatsApp" };

/** How many phones are drawn before "Show more" is pressed, and how many more then. */
export const PAGE = 24;

/** A language's own name, or its code where we know no name. */
export function languageName(code) {
  const known = LANGUAGES.find(([value]) => value === code);
  return known ? known[1] : code || "no language";
}

/** The channel whose app opens this link, or null for an ordinary web address. */
export function channelOf(url) {
  const host = hostOf(url);
  if (["t.me", "telegram.me", "telegram.dog"].includes(host)) return "telegram";
  return ["wa.me", "api.whatsapp.com"].includes(host) ? "whatsapp" : null;
}

function hostOf(url) {
  try {
    return new URL(withScheme(url)).hostname.replace(/^www\./, "");
  } catch {
    return "";
  }
}

/** A link as typed, with the https:// that people leave out; also before whatever a browser would run (javascript:). */
export function withScheme(url) {
  return /^(?:https?|tg):/i.test(url) ? url : `https://${url}`;
}

/** The phones that match what was typed in the search box: name, number, channel, language or any text in a chat. */
export function matching(phones, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return phones;
  return phones.filter((phone) => {
    const about = describe(phone);
    return words.every((word) => about.includes(word));
  });
}

function describe(phone) {
  const recent = phone.chats.flatMap((chat) => chat.messages.slice(-20).map((message) => message.text));
  const facts = [phone.name, phone.number, phone.channel, phone.language_code, languageName(phone.language_code)];
  return [...facts, ...recent].join("\n").toLowerCase();
}

/** The phones to draw: all in their order, or, where they are too many, those the person just used first. */
export function shown(phones, used, limit) {
  if (phones.length <= limit) return phones;
  const first = phones.filter((phone) => used.has(phone.id));
  const others = phones.filter((phone) => !used.has(phone.id));
  return [...first, ...others].slice(0, Math.max(limit, first.length));
}

/** The messages a phone shows: Telegram removes deleted ones, WhatsApp leaves a note in their place. */
export function visibleMessages(chat, channel) {
  const messages = chat?.messages ?? [];
  return channel === "telegram" ? gathered(messages.filter((message) => !message.deleted)) : messages;
}

/** Pictures that were sent in one go stand in one message, as Telegram shows an album. */
function gathered(messages) {
  const found = [];
  for (const message of messages) {
    const before = found.at(-1);
    const belongs = message.media?.album && before?.media?.album === message.media.album;
    if (belongs) found[found.length - 1] = inAlbum(before, message);
    else found.push(message);
  }
  return found;
}

function inAlbum(before, message) {
  const items = [...(before.media.items ?? [before.media]), message.media];
  return { ...before, text: before.text || message.text, ticks: message.ticks, media: { kind: "album", album: message.media.album, items } };
}

/** What a list of chats says of a message that may have no words. */
export function inShort({ text, media }) {
  const names = { photo: "📷 Photo", album: "📷 Photos", location: `📍 ${media?.name || "Location"}`, document: `📄 ${media?.name || "Document"}` };
  return text || names[media?.kind] || "";
}

/** "14:05", in the reader's own zone. */
export function clockTime(instant) {
  return new Date(instant).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** "Today", "Yesterday" or "23 November", in the reader's own zone. */
export function dayName(instant, now) {
  const days = Math.round((midnight(now) - midnight(new Date(instant))) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return new Date(instant).toLocaleDateString("en-GB", { day: "numeric", month: "long" });
}

function midnight(instant) {
  return new Date(instant.getFullYear(), instant.getMonth(), instant.getDate());
}

/** What is left of WhatsApp's 24 hours, as words for the phone's caption; null before the first word. */
export function windowLeft(chat, now) {
  if (!chat?.messages.length) return null;
  const minutes = chat.window_until ? Math.floor((new Date(chat.window_until) - now) / 60_000) : 0;
  if (minutes <= 0) return "24 h window closed";
  return minutes < 60 ? `window ${minutes} min` : `window ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A Singapore number with the gaps people write; any other as it is. */
export function spaced(number) {
  return number.replace(/^(?:whatsapp:)?(\+65)(\d{4})(\d{4})$/, "$1 $2 $3");
}

/** The newest message of a chat that its phone shows, or undefined. */
export function newest(chat, channel) {
  return visibleMessages(chat, channel).at(-1);
}

/** The bot whose chat opens first: the one that spoke or was spoken to last, the only one, or none. */
export function firstBot(phone, bots) {
  if (bots.length === 1) return bots[0].id;
  const used = phone.chats.filter((chat) => chat.messages.length && bots.some((bot) => bot.id === chat.bot));
  const at = (chat) => chat.messages.at(-1).at;
  return used.sort((one, other) => (at(one) < at(other) ? 1 : -1))[0]?.bot ?? null;
}
