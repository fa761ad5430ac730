// Tabs of one visitor share one stream: the holder of a Web Lock reads it and
// passes every event on by BroadcastChannel. Each tab remembers the last cursor
// it saw, so whichever tab leads next resumes with no gap. Streams of their own would
// take the six connections that a browser has to a host, and with them the host's site.

// How often a page that can't share, and isn't looked at, asks for news.
const askEvery = 20000;

function joinTabs(identity) {
  const name = storeKey(`stream:${identity}`);
  const channel = navigator.locks ? openChannel(name) : null;
  const leaving = new AbortController();
  let cursor = "";
  let stream = null;
  let release = null;
  let met = false; // has this tab loaded history under a running stream?
  let lastSign = Date.now();
  let heartbeat = 0;

  function take(event) {
    if (event.id) cursor = event.id;
    if (event.type === "ready" || event.type === "reset") met = true;
    const handle = streamHandlers[event.type];
    if (handle) handle(event.data);
  }

  function status(connected) {
    state.connected = connected;
    if (connected && !met) { met = true; resync(); }
    if (connected) wakeAll();
    changed();
  }

  function tell(message) {
    if (channel) channel.postMessage(message);
  }

  function lead() {
    stream = openStream({
      cursor,
      onEvent(event) { take(event); tell({ event }); },
      onStatus(connected) {
        // A fresh stream announces itself by "ready", which loads history itself.
        if (connected && !cursor) met = true;
        status(connected);
        tell({ connected, online: state.online });
      },
    });
  }

  function stepDown() {
    if (stream) stream.stop();
    stream = null;
    if (release) release();
    release = null;
  }

  function campaign(steal) {
    const options = steal ? { steal: true } : { signal: leaving.signal };
    navigator.locks.request(name, options, () => new Promise((resolve) => {
      if (leaving.signal.aborted) { resolve(); return; }
      release = resolve;
      lead();
    })).catch((err) => {
      stepDown();
      if (leaving.signal.aborted) return;
      // Another tab took the lead because this one did not answer (it slept). Any other
      // error comes again: frames without an origin have locks, and mayn't use them.
      if (err.name === "AbortError") campaign(false);
      else alone();
    });
  }

  // alone is for pages that can't share: on plain http, in a sandboxed frame. The one
  // that is used has a stream, the others ask now and then.
  function alone() {
    let next = 0;
    clearInterval(heartbeat);
    const look = () => {
      clearTimeout(next);
      if (leaving.signal.aborted) return;
      next = setTimeout(look, askEvery * (0.75 + Math.random() / 2));
      if (!document.hidden && document.hasFocus()) {
        if (!stream) lead();
        return;
      }
      stepDown();
      state.connected = met = true;
      resync();
    };
    // A moment later: the focus may only have gone to a frame of the page.
    const soon = () => { clearTimeout(next); next = setTimeout(look, 300); };
    const { signal } = leaving;
    for (const kind of ["focus", "blur"]) window.addEventListener(kind, soon, { signal });
    document.addEventListener("visibilitychange", soon, { signal });
    look();
  }

  function onTabMessage({ data }) {
    lastSign = Date.now();
    if (data.hello && stream) tell({ connected: state.connected, online: state.online });
    if (stream) return;
    if (data.event) take(data.event);
    if ("connected" in data) {
      if (data.online !== null) state.online = data.online;
      status(data.connected);
    }
  }

  const network = () => { if (stream) stream.again(); };
  window.addEventListener("online", network);
  window.addEventListener("offline", network);

  if (channel) {
    channel.onmessage = onTabMessage;
    campaign(false);
    tell({ hello: true });
    heartbeat = setInterval(() => {
      if (stream || document.hidden) { lastSign = Date.now(); return; }
      if (Date.now() - lastSign > 25000) { lastSign = Date.now(); campaign(true); } else tell({ hello: true });
    }, 8000);
  } else {
    alone();
  }

  return function leave() {
    leaving.abort();
    window.removeEventListener("online", network);
    window.removeEventListener("offline", network);
    clearInterval(heartbeat);
    stepDown();
    if (channel) channel.close();
  };
}
