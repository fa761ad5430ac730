// Start, sign-in and sign-out, and window.Frontdesk.

useLanguage(askedLanguage());
const frame = createFrame();
let leaveTabs = null;
let joined = null;
let lastUnread = 0;
let identityTold = true;
// Tells the visitor's other tabs who signed in or out, and what a first message became.
const peers = openChannel(storeKey("peers"));
const tellPeers = (news) => { if (peers) peers.postMessage(news); };

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
  const anonymous = !!state.me && !state.me.known;
  state.me = answer.end_user;
  state.config = answer.config;
  putHours(state.config.hours);
  state.lost = true; // from now on "not connected" means "lost"
  storage.set(storeKey("me"), JSON.stringify(state.me));
  storage.set(storeKey("config"), JSON.stringify(state.config));
  useLanguage(answer.config.language || askedLanguage(), answer.config.texts);
  frame.theme();
  if (answer.login_refused) outside.emit("login_refused", answer.login_refused);
  // Before this tab gives up the lead: theirs are the tokens that are void now.
  if (!identityTold) tellPeers({ identity: true });
  identityTold = true;
  if (before !== state.me.id) changeIdentity(before, anonymous);
  outbox.run();
  // Where nobody may write, the launcher is there for the articles only.
  if (state.config.contact_us === "never" || view.open) loadHome().catch(() => {});
  changed();
});

function changeIdentity(before, anonymous) {
  joined = state.me.id;
  if (leaveTabs) leaveTabs();
  if (before !== null) {
    forgetAll(anonymous);
    Object.assign(view, { conversation: null, screen: "conversation", startNew: false });
  }
  state.connected = false;
  leaveTabs = joinAs();
}

// Until the first message the desk gives each tab an id of its own; the tabs of
// one device belong together all the same.
const joinAs = () => joinTabs(state.me.known ? joined : "anonymous");

// start asks for a session until the desk answers; meanwhile the launcher shows
// with what is remembered, and messages wait in the outbox.
async function start() {
  for (let attempt = 0; !api.token; attempt++) {
    try {
      await api.renew();
      outside.emit("ready");
      if (storage.get(storeKey("leaving")) && !api.user) logout().catch(() => {});
    } catch (err) {
      state.lost = true;
      changed();
      if (err.permanent) console.error("frontdesk: the desk refused the session:", err.message);
      await pause(err.permanent ? 60000 : err.retryAfter || backoff(attempt));
    }
  }
}

// persist repeats what has to happen in the end, as long as it is still wanted.
async function persist(wanted, attempt) {
  for (let n = 0; ; n++) {
    try {
      return await attempt();
    } catch (err) {
      if (err.permanent || !wanted()) throw err;
      await pause(err.retryAfter || backoff(n));
    }
  }
}

async function login(user) {
  api.user = user || null;
  const asked = api.user;
  storage.remove(storeKey("leaving"));
  identityTold = false;
  const answer = await persist(() => api.user === asked, () => api.renewAfresh());
  return !answer.login_refused;
}

// leave takes what belongs to the user off the page at once, even without a network.
function leave() {
  api.user = null;
  api.token = "";
  if (leaveTabs) leaveTabs();
  leaveTabs = joined = null;
  forgetAll();
  Object.assign(view, { conversation: null, screen: "conversation", startNew: false });
  state.me = { id: "" };
  state.connected = false;
  for (const key of [storeKey("me"), storeKey("prechat"), ...storage.keys(storeKey("draft:")), ...storage.keys(storeKey("answer:"))]) storage.remove(key);
  changed();
}

// The mark "leaving" makes the next page go on where this one was closed too soon.
async function logout() {
  let { token } = api;
  storage.set(storeKey("leaving"), "1");
  leave();
  tellPeers({ left: true }); // before the desk ends their sessions: they would sign in again
  await persist(() => !!storage.get(storeKey("leaving")), async () => {
    if (!token) ({ token } = await api.ask());
    await api.send("POST", "/logout", undefined, token).catch((err) => {
      if (err.status === 401) token = "";
      throw err;
    });
  });
  storage.remove(storeKey("leaving"));
  identityTold = false;
  await persist(() => !api.user, () => api.renewAfresh());
}

bus.on("contact", (contact) => tellPeers({ contact, me: joined }));
bus.on("founded", (landed) => tellPeers({ landed, me: state.me.id }));
if (peers) {
  peers.onmessage = ({ data }) => {
    if (data.contact) { if (data.me === joined) putContact(data.contact); return; }
    if (data.landed && data.me === joined) { bus.emit("landed", data.landed); return; }
    api.user = null; // the desk knows who it is now
    if (data.left) return; // the tab that signed out says when that is done
    api.renewAfresh().catch(() => {});
  };
}

window.addEventListener("online", wakeAll);
document.addEventListener("visibilitychange", () => { if (!document.hidden) wakeAll(); });
// A page kept for the back button must not hold the lead.
window.addEventListener("pagehide", () => { if (leaveTabs) leaveTabs(); leaveTabs = null; });
window.addEventListener("pageshow", (e) => {
  if (e.persisted && joined !== null && !leaveTabs) leaveTabs = joinAs();
});

function mount() {
  document.body.append(frame.host);
  frame.theme();
  if (state.config) {
    useLanguage(settings.language || state.config.language || askedLanguage(), state.config.texts);
  }
  renderSoon();
  // A reload keeps the chat open, except where it would cover a phone's page.
  if (storage.get(storeKey("open")) && matchMedia("(min-width: 480px)").matches) frame.setOpen(true, true);
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
