// Small helpers without any knowledge of tickets: events, storage, ids, waiting.

export function emitter() {
  const handlers = new Map();
  return {
    on(event, fn) {
      if (!handlers.has(event)) handlers.set(event, new Set());
      handlers.get(event).add(fn);
      return () => handlers.get(event).delete(fn);
    },
    emit(event, data) {
      for (const fn of [...(handlers.get(event) || [])]) {
        try { fn(data); } catch (err) { console.error("frontdesk:", err); }
      }
    },
  };
}

export const bus = emitter();
export const changed = () => bus.emit("change");

// The page lives wherever the host mounted it; two desks on one origin stay apart.
const place = new URL(".", document.baseURI).pathname;
export const storeKey = (name) => `frontdesk-staff:${place}:${name}`;

// Storage may be refused (private mode, full disk): memory then stands in, and
// only survival of a reload is lost.
const memory = new Map();
export const storage = {
  get(key) {
    if (memory.has(key)) return memory.get(key);
    try { return localStorage.getItem(key); } catch { return null; }
  },
  set(key, value) {
    try { localStorage.setItem(key, value); memory.delete(key); } catch { memory.set(key, value); }
  },
  remove(key) {
    memory.delete(key);
    try { localStorage.removeItem(key); } catch { /* nothing to remove */ }
  },
  keys(prefix) {
    const out = new Set([...memory.keys()].filter((k) => k.startsWith(prefix)));
    try {
      for (let i = 0; i < localStorage.length; i++) {
        const key = localStorage.key(i);
        if (key.startsWith(prefix)) out.add(key);
      }
    } catch { /* memory only */ }
    return [...out].sort();
  },
  json(key) { return parseJSON(this.get(key), null); },
};

export function parseJSON(text, fallback) {
  try { return text ? JSON.parse(text) : fallback; } catch { return fallback; }
}

// crypto.randomUUID is missing on plain http, where tests and intranets live.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// Jitter keeps a whole team from returning at the same moment.
export function backoff(attempt) {
  const ceiling = Math.min(15000, 500 * 2 ** Math.min(attempt, 6));
  return 250 + Math.random() * ceiling;
}

// pause waits, but wakeAll (network is back, tab is shown) ends all waits early.
const waits = new Set();
export function pause(ms) {
  return new Promise((resolve) => {
    const done = () => { clearTimeout(timer); waits.delete(done); resolve(); };
    const timer = setTimeout(done, ms);
    waits.add(done);
  });
}
export function wakeAll() {
  for (const done of [...waits]) done();
}
