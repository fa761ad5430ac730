// What the widget knows: conversations, their messages, presence, typing.
// Everything merges by (conversation, seq), so any order of arrival ends the same.

const state = {
  me: storage.json(storeKey("me")),
  config: storage.json(storeKey("config")),
  conversations: new Map(),
  listLoaded: false,
  threads: new Map(),
  typing: new Map(),
  online: null,
  connected: false,
};

const changed = () => bus.emit("change");

function thread(id) {
  if (!state.threads.has(id)) {
    state.threads.set(id, { id, phase: "empty", messages: new Map(), older: false, loadingOlder: false });
  }
  return state.threads.get(id);
}

// Messages of a conversation that was merged into this one have old times and new numbers.
const sortedMessages = (th) => [...th.messages.values()].sort((a, b) => Date.parse(a.time) - Date.parse(b.time) || a.seq - b.seq);
const lastSeq = (th) => Math.max(0, ...th.messages.keys());
const firstSeq = (th) => Math.min(...th.messages.keys());

function conversationsSorted() {
  return [...state.conversations.values()].sort((a, b) => Date.parse(b.updated) - Date.parse(a.updated));
}

function unreadCount() {
  let n = 0;
  for (const c of state.conversations.values()) n += c.unread || 0;
  return n;
}

// An answer to a request may be older than what the stream has told meanwhile.
function putConversation(next) {
  const old = state.conversations.get(next.id);
  // What isn't asked any more isn't in the form.
  const merged = { ...old, resolved: undefined, merged_into: undefined, estimate: undefined, asks: undefined, ...next };
  if (old && (next.last_seq < old.last_seq || Date.parse(next.updated) < Date.parse(old.updated))) {
    Object.assign(merged, old);
  }
  if (old) {
    if ((next.read_seq || 0) < (old.read_seq || 0)) merged.unread = old.unread;
    for (const mark of ["last_seq", "read_seq", "agent_read_seq"]) merged[mark] = Math.max(old[mark] || 0, next[mark] || 0);
  }
  moved.delete(next.id); // a merge can be undone
  if (merged.status === "open") answers.forget(next.id); // it is about a resolution that is over
  state.conversations.set(next.id, merged);
}

// putMessage says whether the message was new to this tab.
function putMessage(msg) {
  const th = thread(msg.conversation);
  const known = th.messages.has(msg.seq);
  // A thread that was never opened is loaded whole later; half of it would hide a gap.
  if (th.phase !== "empty") th.messages.set(msg.seq, msg);
  if (msg.client_id) outbox.acknowledged(msg.client_id, msg.conversation);
  return !known;
}

function onStreamMessage(msg) {
  const conv = state.conversations.get(msg.conversation);
  const fresh = putMessage(msg);
  const foreign = msg.author.kind !== "end_user";
  if (!conv) {
    loadConversations().catch(() => {});
  } else if (msg.seq > conv.last_seq) {
    conv.last_seq = msg.seq;
    if (Date.parse(msg.time) > Date.parse(conv.updated)) conv.updated = msg.time;
    conv.last = { author: msg.author.kind, text: msg.text.slice(0, 140), time: msg.time, attachments: (msg.attachments || []).length, redacted: msg.redacted };
    if (foreign && msg.author.kind !== "system" && msg.seq > (conv.read_seq || 0)) conv.unread = (conv.unread || 0) + 1;
  }
  if (foreign) setTyping(msg.conversation, "", false);
  if (fresh) bus.emit("arrived", msg);
  changed();
}

function setTyping(conversation, name, on) {
  const old = state.typing.get(conversation);
  if (old) clearTimeout(old.timer);
  state.typing.delete(conversation);
  if (on) {
    const timer = setTimeout(() => { state.typing.delete(conversation); changed(); }, 6000);
    state.typing.set(conversation, { name, timer });
  }
}

const streamHandlers = {
  message: onStreamMessage,
  conversation: (conv) => {
    if (conv.merged_into) moveTo(conv.id, conv.merged_into);
    else putConversation(conv);
    changed();
  },
  typing: (e) => { setTyping(e.conversation, e.name, e.typing); changed(); },
  hours: (e) => { putHours(e); changed(); },
  presence: (e) => { state.online = !!e.online; changed(); },
  ready: () => resync(),
  reset: () => {
    state.threads.clear();
    state.conversations.clear();
    resync();
  },
};

// What was asked for in one end user's name isn't taken when another is there.
let era = 0; // grows whenever everything is forgotten
async function ask(path) {
  const answer = await api.call("GET", path);
  if (answer.outdated) throw new Problem(409, { title: "somebody else is here now" });
  return answer;
}

async function loadConversations() {
  let after = "";
  do {
    const page = await ask(`/conversations${after ? `?after=${encodeURIComponent(after)}` : ""}`);
    for (const conv of page.conversations || []) putConversation(conv);
    after = page.next;
  } while (after && state.conversations.size < 200);
  state.listLoaded = true;
  changed();
}

// loadThread takes the last page; what the stream brings meanwhile is kept too.
async function loadThread(id) {
  const th = thread(id);
  if (th.phase !== "empty") return;
  th.phase = "loading";
  changed();
  try {
    const page = await ask(`/conversations/${encodeURIComponent(id)}/messages?limit=50`);
    page.messages.forEach(putMessage);
    th.older = page.more;
    th.phase = "ready";
  } catch (err) {
    th.phase = "empty";
    throw err;
  } finally {
    changed();
  }
}

async function loadOlder(id) {
  const th = thread(id);
  if (th.phase !== "ready" || !th.older || th.loadingOlder) return;
  th.loadingOlder = true;
  changed();
  try {
    const page = await ask(`/conversations/${encodeURIComponent(id)}/messages?before=${firstSeq(th)}&limit=50`);
    page.messages.forEach(putMessage);
    th.older = page.more;
  } finally {
    th.loadingOlder = false;
    changed();
  }
}

async function loadNewer(id, after) {
  for (let more = true; more;) {
    const page = await ask(`/conversations/${encodeURIComponent(id)}/messages?after=${after}&limit=50`);
    page.messages.forEach(putMessage);
    more = page.more && page.messages.length > 0;
    if (page.messages.length) after = page.messages.at(-1).seq;
  }
}

// resync closes the gap before a stream that starts "now". The marks are taken
// at once, before the new stream can move them past the gap.
let syncRun = 0;

// Where conversations went that this page saw being merged.
const moved = new Map();
function whereIs(id) {
  for (let hops = 0; moved.has(id) && hops < 50; hops++) id = moved.get(id);
  return id;
}

// carryDraft takes what is being written along to the conversation that it turned out to
// be in: its first message arrived, in this tab or in another, or it was merged.
function carryDraft(from, to) {
  const draft = storage.get(storeKey(`draft:${from}`));
  if (draft && !storage.get(storeKey(`draft:${to}`))) storage.set(storeKey(`draft:${to}`), draft);
  storage.remove(storeKey(`draft:${from}`));
  bus.emit("carried", { from, to });
}

// moveTo leaves a conversation that was merged into another one.
function moveTo(from, to) {
  carryDraft(from, to);
  storage.remove(storeKey(`answer:${from}`));
  moved.set(from, to);
  state.conversations.delete(from);
  state.threads.delete(from);
  bus.emit("landed", { from, to });
}

// leaveMerged finds out where an open conversation went that isn't listed any more.
async function leaveMerged(id) {
  for (let to = id, hops = 0; hops < 50; hops++) {
    const conv = await ask(`/conversations/${encodeURIComponent(to)}`).catch((err) => {
      if (!err.permanent) throw err;
    });
    if (!conv) { view.conversation = null; return; }
    if (conv.merged_into) { to = conv.merged_into; continue; }
    putConversation(conv);
    if (to !== id) moveTo(id, to);
    return;
  }
}

async function resync() {
  const run = ++syncRun;
  const marks = [...state.threads.values()].filter((th) => th.phase === "ready").map((th) => [th.id, lastSeq(th)]);
  for (let attempt = 0; run === syncRun; attempt++) {
    try {
      await loadConversations();
      for (const [id, seq] of marks) await loadNewer(id, seq);
      const open = view.conversation;
      if (open && !open.startsWith("local:") && !state.conversations.has(open)) await leaveMerged(open);
      bus.emit("synced");
      changed();
      return;
    } catch (err) {
      if (err.permanent) return;
      await pause(backoff(attempt));
    }
  }
}

// markRead is repeated by later calls when it failed: the mark only moves forward.
const readSent = new Map();
function markRead(id) {
  const conv = state.conversations.get(id);
  if (!conv) return;
  const seq = conv.last_seq;
  if (!conv.unread && (conv.read_seq || 0) >= seq) return;
  if ((readSent.get(id) || 0) >= seq) return;
  readSent.set(id, seq);
  api.call("POST", `/conversations/${encodeURIComponent(id)}/read`, { seq }).then(() => {
    conv.read_seq = Math.max(conv.read_seq || 0, seq);
    const now = state.conversations.get(id);
    if (now && now.last_seq === seq) Object.assign(now, { unread: 0, read_seq: seq });
    changed();
  }).catch(() => readSent.delete(id));
}

// forgetAll forgets what belongs to an end user. same: it is the same person, whom the
// desk knows as another one now.
function forgetAll(same = false) {
  era++;
  syncRun++;
  state.conversations.clear();
  state.threads.clear();
  state.typing.clear();
  readSent.clear();
  moved.clear();
  state.listLoaded = false;
  bus.emit("forgotten", same);
}
