/** What the page asks of the simulator, and what the simulator tells the page. */

async function call(method, path, body) {
  const request = { method };
  if (body !== undefined) {
    request.headers = { "Content-Type": "application/json" };
    request.body = JSON.stringify(body);
  }
  const answer = await fetch(path, request).catch(() => {
    throw new Error("The simulator does not answer. Is it still running?");
  });
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(reason(said) ?? `The simulator refused this (${answer.status}).`);
  return said;
}

function reason(said) {
  const error = said?.error ?? said?.detail ?? said?.description ?? said?.message;
  return typeof error === "string" ? error : error?.message;
}

const phone = (id) => `/api/phones/${encodeURIComponent(id)}`;

/** One verb for each thing a person can do; every one rejects with a sentence that can be shown. */
export const api = {
  state: () => call("GET", "/api/state"),
  addPhone: (channel, language_code, name) => call("POST", "/api/phones", { channel, language_code, name }),
  removePhone: (id) => call("DELETE", phone(id)),
  say: (id, bot, text) => call("POST", `${phone(id)}/say`, { bot, text }),
  newGroup: (bot, id, title) => call("POST", "/control/groups", { bot, phone: id, title }),
  sayInGroup: (chat, bot, id, text) => call("POST", `/control/groups/${encodeURIComponent(chat)}/say`, { bot, phone: id, text }),
  send: (id, bot, what) => call("POST", `${phone(id)}/send`, { bot, ...what }),
  sendAlbum: (id, bot, photos, text) => call("POST", `${phone(id)}/album`, { bot, photos, text }),
  tap: (id, bot, message, key) => call("POST", `${phone(id)}/tap`, { bot, message, key }),
  open: (id, url) => call("POST", `${phone(id)}/open`, { url }),
  block: (id, bot) => call("POST", `${phone(id)}/block`, { bot }),
  unblock: (id, bot) => call("POST", `${phone(id)}/unblock`, { bot }),
  deactivate: (id) => call("POST", `${phone(id)}/deactivate`, {}),
  read: (id, bot) => call("POST", `${phone(id)}/read`, { bot }),
  speak: (id, language_code) => call("POST", `${phone(id)}/language`, { language_code }),
  limits: (on) => call("POST", "/control/limits", { enabled: on }),
};

/** How long a stream that was closed for good waits before it is opened again, in milliseconds. */
const REOPEN_AFTER = 1500;

/**
 * Follow the simulator's news for as long as the page lives. `opened` is called after every
 * (re)connection, since news may have been missed meanwhile; `lost` when the line breaks.
 */
export function follow({ opened, heard, lost }) {
  const stream = new EventSource("/api/events");
  stream.onopen = opened;
  stream.onmessage = (event) => heard(JSON.parse(event.data));
  stream.onerror = () => {
    lost();
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(() => follow({ opened, heard, lost }), REOPEN_AFTER);
  };
}
