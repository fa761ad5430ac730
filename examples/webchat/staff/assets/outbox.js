// The outbox: every reply and note is written to localStorage before it is sent
// and removed only when the desk has acknowledged it. A repetition carries the
// same client_id, so the desk adds nothing twice.

import { bus, changed, storage, storeKey, uuid, pause, backoff } from "./base.js";
import { call, ticketPath } from "./api.js";
import { state, putTicket, putMessage, catchUp } from "./store.js";

const everyone = storeKey("outbox:");
// What one agent wrote is never sent under the name of another.
const prefix = () => `${everyone}${state.me ? state.me.id : "-"}:`;
const running = new Map();
let written = 0;
// An array made once per change; rendering asks for it often.
let known = null;
bus.on("outbox", () => { known = null; changed(); });

export const outbox = {
  // One key per entry: two tabs never rewrite each other's entries.
  all() {
    if (!state.me) return [];
    const at = prefix();
    if (!known || known.at !== at) {
      const list = storage.keys(at).map((key) => ({ key, ...storage.json(key) })).filter((e) => e.client_id);
      known = { at, list };
    }
    return known.list;
  },

  of: (ticket) => outbox.all().filter((e) => e.ticket === ticket),

  add(entry) {
    const client_id = uuid();
    const order = `${String(Date.now()).padStart(15, "0")}-${String(written++).padStart(6, "0")}`;
    this.write({ ...entry, client_id, key: `${prefix()}${order}-${client_id}`, time: new Date().toISOString() });
    this.run(entry.ticket);
  },

  write({ key, ...entry }) {
    storage.set(key, JSON.stringify(entry));
    bus.emit("outbox");
  },

  find: (clientID) => outbox.all().find((e) => e.client_id === clientID),

  remove(clientID) {
    const entry = this.find(clientID);
    if (!entry) return null;
    storage.remove(entry.key);
    bus.emit("outbox");
    this.run(entry.ticket);
    return entry;
  },

  retry(clientID) {
    const entry = this.find(clientID);
    if (!entry) return;
    this.write({ ...entry, failed: "", detail: "" });
    this.run(entry.ticket);
  },

  // sendAnyway is the agent's word that the newer messages were read. Those that
  // wait behind it were written before them too.
  sendAnyway(clientID, seen) {
    const entry = this.find(clientID);
    if (!entry) return;
    for (const e of this.of(entry.ticket)) {
      if (e.client_id === clientID) this.write({ ...e, seen, stale: "", force: true });
      else if ((e.seen || 0) < seen) this.write({ ...e, seen });
    }
    this.run(entry.ticket);
  },

  runAll() {
    known = null;
    for (const ticket of new Set(this.all().map((e) => e.ticket))) this.run(ticket);
  },

  // run sends one ticket's entries one at a time; a lock makes the tabs take
  // turns, so the order is kept. Another ticket does not have to wait.
  async run(ticket) {
    if (running.has(ticket)) { running.set(ticket, true); return; }
    running.set(ticket, false);
    try {
      do {
        running.set(ticket, false);
        if (navigator.locks) await navigator.locks.request(storeKey(`outbox-lock:${ticket}`), () => drain(ticket));
        else await drain(ticket);
      } while (running.get(ticket));
    } finally {
      running.delete(ticket);
    }
  },
};

async function drain(ticket) {
  for (let attempt = 0, broken = 0; ;) {
    known = null; // another tab may have sent it while this one waited
    const entry = outbox.of(ticket).find((e) => !e.failed);
    // A reply the end user has overtaken holds back what was written after it.
    if (!entry || entry.stale || state.phase !== "ready") return;
    try {
      await deliver(entry);
      attempt = broken = 0;
    } catch (err) {
      if (err.status === 401) return;
      if (err.status === 409 && err.code === "stale") {
        // The question is fair only with the newer message before the eyes.
        await catchUp(ticket).catch(() => {});
        mark(entry.client_id, { stale: err.message });
      } else if (err.permanent || (err.status === 500 && ++broken > 7)) mark(entry.client_id, { failed: err.code || "refused", detail: err.message });
      else await pause(err.retryAfter || backoff(attempt++));
    }
    changed();
  }
}

// It may have been discarded while it was under way; then there is nothing to mark.
function mark(clientID, what) {
  const still = outbox.find(clientID);
  if (still) outbox.write({ ...still, ...what });
}

async function deliver(entry) {
  const body = { client_id: entry.client_id, text: entry.text };
  if (entry.mode === "note") body.mentions = entry.mentions || [];
  else {
    body.attachments = (entry.attachments || []).map((a) => a.id);
    Object.assign(body, { seen: entry.seen || 0, force: !!entry.force, reopen: !!entry.reopen, quick_reply: entry.quick ? entry.quick.id : undefined, article: entry.quick ? entry.quick.article : undefined });
  }
  const answer = await call("POST", ticketPath(entry.ticket, `/${entry.mode}`), body);
  putTicket(answer.ticket);
  putMessage({ ...answer.message, ticket: entry.ticket });
  // Also when the thread is not loaded any more.
  acknowledged(entry.client_id);
}

// acknowledged also runs when another tab's message comes by the stream.
function acknowledged(clientID) {
  const entry = outbox.find(clientID);
  if (!entry) return;
  storage.remove(entry.key);
  bus.emit("outbox");
}
bus.on("acknowledged", acknowledged);

// Another tab wrote or removed an entry.
window.addEventListener("storage", (e) => {
  if (!e.key || e.key.startsWith(everyone)) bus.emit("outbox");
});
