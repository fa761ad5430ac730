// The event stream. EventSource reconnects by itself with the last id it saw;
// where it gives up (a 401 or a 5xx closes it for good) this file opens it again.

import { parseJSON, backoff } from "./base.js";
import { call } from "./api.js";

// The desk sends a ping every 15 s, so a longer silence means a dead connection
// that the network has not reported, or a machine that slept.
const silenceLimit = 40000;
const kinds = ["ticket", "message", "moved", "gone", "typing", "viewing", "answering", "presence", "work", "help", "ready", "reset", "ping"];

// openStream goes on until stop() is called. position() is where the next
// connection resumes.
export function openStream({ after, tab, onEvent, onStatus }) {
  let cursor = String(after ?? "");
  let source = null;
  let stopped = false;
  let attempt = 0;
  let timer = 0;
  let lastSign = Date.now();

  function connect() {
    clearTimeout(timer);
    timer = 0;
    if (stopped) return;
    lastSign = Date.now();
    const mine = new EventSource(`api/stream?tab=${tab}&after=${encodeURIComponent(cursor)}`);
    source = mine;
    mine.onopen = () => { if (source === mine) { lastSign = Date.now(); onStatus(true); } };
    mine.onerror = () => {
      if (source !== mine) return;
      onStatus(false);
      if (mine.readyState === EventSource.CLOSED) again();
    };
    for (const kind of kinds) {
      mine.addEventListener(kind, (e) => {
        if (source !== mine) return;
        lastSign = Date.now();
        attempt = 0;
        if (e.lastEventId) cursor = e.lastEventId;
        const data = parseJSON(e.data, null);
        if (kind !== "ping") onEvent(kind, data || {});
        if ((kind === "ready" || kind === "reset") && data && data.position !== undefined) cursor = String(data.position);
      });
    }
  }

  function close() {
    if (source) source.close();
    source = null;
  }

  // EventSource does not tell why it was refused; a plain request finds a 401
  // and says so by itself.
  function again() {
    close();
    if (stopped || timer) return;
    timer = setTimeout(async () => {
      try { await call("GET", "me"); } catch (err) {
        timer = 0;
        if (err.status !== 401) again();
        return;
      }
      connect();
    }, backoff(attempt++));
  }

  const watchdog = setInterval(() => {
    if (timer || Date.now() - lastSign < silenceLimit) return;
    onStatus(false);
    close();
    connect();
  }, 5000);

  // nudge shortens the wait: the network is back, or the tab is looked at again.
  function nudge() {
    if (stopped) return;
    if (timer || (source && source.readyState === EventSource.CONNECTING)) { close(); connect(); }
  }

  connect();
  return {
    nudge,
    // again gives up a connection that may be dead; the cursor bridges the gap.
    again() { if (!stopped) { onStatus(false); close(); connect(); } },
    stop() { stopped = true; clearTimeout(timer); clearInterval(watchdog); close(); },
  };
}
