// The event stream, read by fetch because EventSource can not carry a token.

// readEvents feeds whole server-sent events to onEvent until the body ends.
async function readEvents(body, onBytes, onEvent) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBytes();
    rest += decoder.decode(value, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event) onEvent(event);
    }
  }
}

function parseEvent(block) {
  const event = { type: "message", id: null, data: "" };
  let some = false;
  for (const line of block.split(/\r?\n/)) {
    if (!line || line[0] === ":") continue;
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name === "event") event.type = value;
    else if (name === "id") event.id = value;
    else if (name === "data") event.data += (event.data ? "\n" : "") + value;
    some = true;
  }
  if (!some) return null;
  return { ...event, data: parseJSON(event.data, {}) };
}

// A comment comes every 15 s, so a longer silence means a dead connection
// that the network has not reported.
const silenceLimit = 40000;

// openStream reconnects until stop() is called and resumes at its cursor.
function openStream({ cursor, onEvent, onStatus }) {
  let stopped = false;
  let abort = null;
  let attempt = 0;

  async function connectOnce() {
    abort = new AbortController();
    let watchdog = setTimeout(() => abort.abort(), silenceLimit);
    const alive = () => { clearTimeout(watchdog); watchdog = setTimeout(() => abort.abort(), silenceLimit); };
    const headers = { Accept: "text/event-stream" };
    if (cursor) headers["Last-Event-ID"] = cursor;
    try {
      if (api.renewing) await api.renewing.catch(() => {});
      if (stopped) return;
      headers.Authorization = `Bearer ${api.token}`;
      const response = await fetch(api.url("/stream"), { headers, signal: abort.signal, credentials: "omit", cache: "no-store" });
      if (!response.ok) throw problemOf(response.status, "", response.headers.get("Retry-After"));
      alive();
      attempt = 0;
      if (!stopped) onStatus(true);
      await readEvents(response.body, alive, (event) => {
        if (stopped) return;
        if (event.id) cursor = event.id;
        if (event.type === "bye") abort.abort();
        else onEvent(event);
      });
    } finally {
      clearTimeout(watchdog);
    }
  }

  async function loop() {
    while (!stopped) {
      let wait = 0;
      try {
        await connectOnce();
      } catch (err) {
        wait = err.retryAfter || 0;
        if (err.status === 401) await api.renew().catch(() => {});
      }
      if (stopped) return;
      onStatus(false);
      await pause(wait || backoff(attempt++));
    }
  }

  loop();
  return {
    stop() { stopped = true; if (abort) abort.abort(); },
    // again gives up a connection that may be dead; the cursor bridges the gap.
    again() { if (abort) abort.abort(); },
  };
}
