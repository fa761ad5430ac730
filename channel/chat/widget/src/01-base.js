// Where the script came from, the settings on its tag, and small helpers.

if (window.Frontdesk && window.Frontdesk.open) return; // the tag is there twice

const tag = document.currentScript || document.querySelector('script[src*="/widget.js"]');
const settings = tag ? { ...tag.dataset } : {};
const scriptURL = new URL(tag && tag.src ? tag.src : "widget.js", location.href);
// The desk's prefix is wherever the script lives, so the host sets it only once.
const base = (settings.base || scriptURL.href.replace(/\/[^/]*$/, "")).replace(/\/+$/, "");
const appID = settings.app || "default";

function emitter() {
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

// bus carries the widget's own events; outside is what window.Frontdesk.on sees.
const bus = emitter();
const outside = emitter();

// Storage may be refused (private mode, sandboxed frame, full disk): memory then stands in,
// and only survival of a reload is lost.
const memory = new Map();
const storage = {
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
  json(key) {
    return parseJSON(this.get(key), null);
  },
};

const storeKey = (name) => `frontdesk:${base}:${appID}:${name}`;

function randomText(bytes) {
  const raw = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...raw)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// 32 random bytes are 43 characters of base64url.
function deviceSecret() {
  let secret = storage.get(storeKey("device"));
  if (!/^[A-Za-z0-9_-]{32,128}$/.test(secret || "")) {
    secret = randomText(32);
    storage.set(storeKey("device"), secret);
  }
  return secret;
}

// crypto.randomUUID is missing on plain http, where tests and intranets live.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// Full jitter keeps a crowd of widgets from returning at the same moment.
function backoff(attempt) {
  const ceiling = Math.min(15000, 500 * 2 ** Math.min(attempt, 6));
  return 250 + Math.random() * ceiling;
}

// pause waits, but wakeAll (network is back, tab is shown) ends all waits early.
const waits = new Set();
function pause(ms) {
  return new Promise((resolve) => {
    const done = () => { clearTimeout(timer); waits.delete(done); resolve(); };
    const timer = setTimeout(done, ms);
    waits.add(done);
  });
}
function wakeAll() {
  for (const done of [...waits]) done();
}

// Some browsers, and some frames in others, have no channel between tabs.
function openChannel(name) {
  try { return new BroadcastChannel(name); } catch { return null; }
}

// inTurn makes tabs do something one after the other, where they can know of each other.
async function inTurn(name, fn) {
  let begun = false;
  try {
    return await navigator.locks.request(name, () => { begun = true; return fn(); });
  } catch (err) {
    if (begun) throw err;
    return fn();
  }
}

function parseJSON(text, fallback) {
  try { return text ? JSON.parse(text) : fallback; } catch { return fallback; }
}
