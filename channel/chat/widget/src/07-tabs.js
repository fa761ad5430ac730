// Tabs of one visitor share one stream: the holder of a Web Lock reads it and
// passes every event on by BroadcastChannel. Each tab remembers the last cursor
// it saw, so whichever tab leads next resumes with no gap.

function joinTabs(identity) {
  const name = storeKey(`stream:${identity}`);
  const shared = !!(navigator.locks && window.BroadcastChannel);
  const channel = shared ? new BroadcastChannel(name) : null;
  const leaving = new AbortController();
  let cursor = "";
  let stream = null;
  let release = null;
  let met = false; // has this tab loaded history under a running stream?
  let lastSign = Date.now();

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
    })).catch(() => {
      // Another tab took the lead because this one did not answer (it slept).
      stepDown();
      if (!leaving.signal.aborted) campaign(false);
    });
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

  let heartbeat = 0;
  if (shared) {
    channel.onmessage = onTabMessage;
    campaign(false);
    tell({ hello: true });
    heartbeat = setInterval(() => {
      if (stream || document.hidden) { lastSign = Date.now(); return; }
      if (Date.now() - lastSign > 25000) { lastSign = Date.now(); campaign(true); } else tell({ hello: true });
    }, 8000);
  } else {
    lead();
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
