// Start, sign-in and sign-out, and window.Frontdesk.

useLanguage(askedLanguage());
const frame = createFrame();
let leaveTabs = null;
let joined = null;
let lastUnread = 0;
// Tells the visitor's other tabs that who is signed in has changed.
const identityChannel = window.BroadcastChannel ? new BroadcastChannel(storeKey("identity")) : null;

// Many changes in one task make one rendering.
let renderAsked = false;
function renderSoon() {
  if (renderAsked) return;
  renderAsked = true;
  queueMicrotask(() => {
    renderAsked = false;
    frame.render();
    const unread = unreadCount();
    if (unread !== lastUnread) { lastUnread = unread; outside.emit("unread", unread); }
  });
}
view.render = renderSoon;
bus.on("change", renderSoon);
bus.on("landed", renderSoon);
bus.on("arrived", (msg) => outside.emit("message", msg));

bus.on("session", (answer) => {
  const before = joined;
  state.me = answer.end_user;
  state.config = answer.config;
  state.lost = true; // from now on "not connected" means "lost"
  storage.set(storeKey("me"), JSON.stringify(state.me));
  storage.set(storeKey("config"), JSON.stringify(state.config));
  useLanguage(answer.config.language || askedLanguage(), answer.config.texts);
  frame.theme();
  if (answer.login_refused) outside.emit("login_refused", answer.login_refused);
  if (before !== state.me.id) changeIdentity(before);
  outbox.run();
  changed();
});

function changeIdentity(before) {
  joined = state.me.id;
  if (leaveTabs) leaveTabs();
  if (before !== null) {
    forgetAll();
    Object.assign(view, { conversation: null, screen: "conversation", startNew: false });
  }
  state.connected = false;
  leaveTabs = joinTabs(joined);
}

// start asks for a session until the desk answers; meanwhile the launcher shows
// with what is remembered, and messages wait in the outbox.
async function start() {
  for (let attempt = 0; !api.token; attempt++) {
    try {
      await api.renew();
      outside.emit("ready");
    } catch (err) {
      state.lost = true;
      changed();
      if (err.permanent) console.error("frontdesk: the desk refused the session:", err.message);
      await pause(err.permanent ? 60000 : err.retryAfter || backoff(attempt));
    }
  }
}

async function login(user) {
  api.user = user || null;
  const answer = await api.renew();
  if (!answer.login_refused && identityChannel) identityChannel.postMessage("changed");
  return !answer.login_refused;
}

async function logout() {
  api.user = null;
  await api.call("POST", "/logout");
  storage.remove(storeKey("prechat"));
  for (const key of storage.keys(storeKey("draft:"))) storage.remove(key);
  await api.renew();
  if (identityChannel) identityChannel.postMessage("signed-out");
}

if (identityChannel) {
  identityChannel.onmessage = ({ data }) => {
    if (data === "signed-out") api.user = null;
    api.renew().catch(() => {});
  };
}

window.addEventListener("online", wakeAll);
document.addEventListener("visibilitychange", () => { if (!document.hidden) wakeAll(); });
// A page kept for the back button must not hold the lead.
window.addEventListener("pagehide", () => { if (leaveTabs) leaveTabs(); leaveTabs = null; });
window.addEventListener("pageshow", (e) => {
  if (e.persisted && joined !== null && !leaveTabs) leaveTabs = joinTabs(joined);
});

function mount() {
  document.body.append(frame.host);
  frame.theme();
  if (state.config) {
    useLanguage(settings.language || state.config.language || askedLanguage(), state.config.texts);
  }
  renderSoon();
  // A reload keeps the chat open, except where it would cover a phone's page.
  if (storage.get(storeKey("open")) && matchMedia("(min-width: 480px)").matches) frame.setOpen(true);
  start();
}

window.Frontdesk = {
  open: () => frame.setOpen(true),
  close: () => frame.setOpen(false),
  toggle: () => frame.toggle(),
  login, logout,
  setFields(fields) { extras.fields = { ...extras.fields, ...fields }; },
  setTags(tags) { extras.tags = [...tags]; },
  setMetadata(metadata) { extras.metadata = { ...extras.metadata, ...metadata }; },
  on: (event, fn) => outside.on(event, fn),
  unreadCount,
};

if (document.body) mount();
else document.addEventListener("DOMContentLoaded", mount);
