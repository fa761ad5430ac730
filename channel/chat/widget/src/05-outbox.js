// The outbox: every message is written to localStorage before it is sent and
// removed only when the desk has acknowledged it. A repetition carries the same
// client_id, so the desk adds nothing twice.

const outbox = {
  running: false,
  again: false,

  // One key per entry: two tabs never rewrite each other's entries.
  prefix: () => storeKey(`outbox:${deviceSecret().slice(0, 8)}:`),

  // all lists the entries of this visitor in the order they were written.
  // Those written before sign-in belong to whoever signed in on this device;
  // those of a signed-in user wait for that user.
  all() {
    return storage.keys(this.prefix())
      .map((key) => ({ key, ...storage.json(key) }))
      .filter((e) => e.client_id && (!e.known || !state.me || e.user === state.me.id));
  },

  add(entry) {
    const me = state.me || {};
    const key = `${this.prefix()}${String(Date.now()).padStart(15, "0")}-${String(outboxCount++).padStart(6, "0")}-${entry.client_id}`;
    this.write({ ...entry, key, user: me.id || "", known: !!me.known, time: new Date().toISOString() });
    changed();
    this.run();
  },

  write({ key, ...entry }) {
    storage.set(key, JSON.stringify(entry));
  },

  remove(clientID) {
    for (const e of this.all()) if (e.client_id === clientID) storage.remove(e.key);
    changed();
  },

  retry(clientID) {
    for (const e of this.all()) if (e.client_id === clientID) this.write({ ...e, failed: "" });
    changed();
    this.run();
  },

  // acknowledged also runs when another tab's message comes by the stream.
  acknowledged(clientID, conversation) {
    const entries = this.all();
    const mine = entries.find((e) => e.client_id === clientID);
    if (!mine) return;
    // Later messages to the same (perhaps still unnamed) conversation follow it.
    for (const e of entries) {
      if (e !== mine && e.conversation === mine.conversation && mine.conversation !== conversation) this.write({ ...e, conversation });
    }
    storage.remove(mine.key);
    bus.emit("landed", { from: mine.conversation, to: conversation });
  },

  // run sends one at a time; a lock makes the tabs take turns, so order is kept.
  async run() {
    if (this.running) { this.again = true; return; }
    this.running = true;
    try {
      do {
        this.again = false;
        await inTurn(storeKey("outbox-lock"), () => this.drain());
      } while (this.again);
    } finally {
      this.running = false;
    }
  },

  async drain() {
    for (let attempt = 0, broken = 0; ;) {
      const answer = answers.first();
      const entry = this.all().find((e) => !e.failed);
      if ((!answer && !entry) || !api.token) return;
      try {
        await (answer ? answers.deliver(answer) : this.deliver(entry));
        attempt = broken = 0;
      } catch (err) {
        // A desk that fails again and again on this one must not hold the others up;
        // while it is away (503, no network) they wait.
        if (err.status === 500) broken++;
        if (err.permanent || broken > 7) {
          if (answer) answers.refuse(answer); else this.refuse(entry, err);
          broken = 0;
        }
        else {
          if (entry && !answer && err.status === 429) this.slow(entry);
          await pause(err.retryAfter || backoff(attempt++));
        }
      }
      changed();
    }
  },

  async deliver(entry) {
    const local = String(entry.conversation || "").startsWith("local:");
    const body = {
      client_id: entry.client_id, text: entry.text,
      attachments: (entry.attachments || []).map((a) => a.id),
      page: entry.page, prechat: entry.prechat, fields: entry.fields, tags: entry.tags, metadata: entry.metadata,
    };
    if (local) body.new = state.config && state.config.multiple ? true : undefined;
    else body.conversation = entry.conversation;
    const answer = await api.call("POST", "/messages", body);
    if (answer.outdated) { // the desk has it, of somebody who isn't here any more
      storage.remove(entry.key);
      if (view.conversation === entry.conversation) view.conversation = null;
      return;
    }
    putConversation(answer.conversation);
    const th = thread(answer.conversation.id);
    // A conversation made by this very message has no history to load.
    if (local && th.phase === "empty" && answer.message.seq <= 1) th.phase = "ready";
    putMessage(answer.message);
    this.acknowledged(entry.client_id, answer.conversation.id);
    if (!local) return;
    const landed = { from: entry.conversation, to: answer.conversation.id };
    bus.emit("landed", landed); // the tab that has the stream may have acknowledged it before
    bus.emit("founded", landed);
  },

  // slow tells the writer why his message waits; it is sent all the same.
  slow(entry) {
    const still = this.all().find((e) => e.client_id === entry.client_id);
    if (still) this.write({ ...still, slow: true });
    changed();
  },

  refuse(entry, err) {
    const still = this.all().find((e) => e.client_id === entry.client_id);
    if (still) this.write({ ...still, failed: err.code || "refused", limit: err.limit });
  },
};
let outboxCount = 0;

// Another tab wrote or removed an entry.
window.addEventListener("storage", (e) => {
  if (e.key && e.key.startsWith(outbox.prefix())) changed();
});
