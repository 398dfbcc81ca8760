/** What the page knows: the last state, and the news that came since. */

/** The phones, bots and links by the last news; tells `changed` which phones to draw again. */
export class Store {
  constructor() {
    this.phones = new Map();
    this.bots = [];
    this.links = [];
    this.limits = true;
    this.revision = -1;
  }

  /** Replace everything with a whole state. */
  load(state) {
    this.phones = new Map(state.phones.map((phone) => [phone.id, phone]));
    this.bots = state.bots;
    this.links = state.links;
    this.limits = state.limits;
    this.revision = state.revision;
  }

  /** Take news in; news older than what we know changes nothing. Tells whether it was taken. */
  apply(news) {
    if (news.revision <= this.revision) return false;
    this.revision = news.revision;
    for (const phone of news.phones ?? []) this.phones.set(phone.id, phone);
    for (const id of news.removed ?? []) this.phones.delete(id);
    this.bots = news.bots ?? this.bots;
    this.links = news.links ?? this.links;
    this.limits = news.limits ?? this.limits;
    return true;
  }

  /** A phone we just made: its news may already have come, and would be newer. */
  meet(phone) {
    if (!this.phones.has(phone.id)) this.phones.set(phone.id, phone);
  }

  /** The bots a phone's app can talk to. */
  botsFor(channel) {
    return this.bots.filter((bot) => bot.channel === channel);
  }

  /** All phones, in the order they came. */
  list() {
    return [...this.phones.values()];
  }
}
