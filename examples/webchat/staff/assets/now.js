// How the desk stands now: queues, agents, and the last hour, as a stream tells.

import { el, icon, iconButton } from "./dom.js";
import { call, errorText } from "./api.js";
import { span } from "./dates.js";
import { state } from "./store.js";
import { menu, toast } from "./overlay.js";

const stateText = { available: "Available", away: "Away", offline: "Offline" };
const channelText = { chat: "chat", webchat: "chat", email: "mail", in_app: "in the app" };

// lengthText is a time in seconds, in its two largest units.
function lengthText(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m`;
  if (s < 86400) return `${Math.floor(s / 3600)}h ${Math.floor((s % 3600) / 60)}m`;
  return `${Math.floor(s / 86400)}d ${Math.floor((s % 86400) / 3600)}h`;
}
const since = (iso) => (iso ? lengthText((Date.now() - Date.parse(iso)) / 1000) : "–");
const number = (n) => new Intl.NumberFormat(navigator.language, { maximumFractionDigits: 1 }).format(n);

const tile = (label, value, note, level) => el("div", { class: `now-tile ${level || ""}` }, el("dt", {}, label), el("dd", {}, value, note ? el("small", {}, note) : null));

// drawHour draws how many came and were solved in each minute.
function drawHour(minutes) {
  const ns = "http://www.w3.org/2000/svg";
  const top = Math.max(3, ...minutes.map((m) => Math.max(m.created, m.resolved)));
  const svg = document.createElementNS(ns, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 600 80", preserveAspectRatio: "none", class: "now-hour", role: "img",
    "aria-label": `In the last 60 minutes ${minutes.reduce((n, m) => n + m.created, 0)} tickets came and ${minutes.reduce((n, m) => n + m.resolved, 0)} were solved` })) svg.setAttribute(name, value);
  const bar = (x, n, kind) => {
    if (!n) return;
    const rect = document.createElementNS(ns, "rect");
    const height = Math.max(3, (n / top) * 76);
    for (const [name, value] of Object.entries({ x, y: 78 - height, width: 4, height, rx: 1, class: kind })) rect.setAttribute(name, value);
    svg.append(rect);
  };
  minutes.forEach((m, i) => { bar(i * 10 + 0.6, m.created, "came"); bar(i * 10 + 5, m.resolved, "solved"); });
  return svg;
}

export function createNow() {
  const content = el("div", { class: "now-content" });
  const live = el("span", { class: "now-live", role: "status" });
  const node = el("section", { "aria-labelledby": "now-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "now-title" }, "Now"), el("p", { class: "soft" }, "How the desk stands this moment, and the last sixty minutes.")), live), content);
  const can = (what) => (state.may || []).includes(what);
  let source = null, got = null, clock = 0;

  async function act(path, body, done) {
    try { await call("POST", `now/${path}`, body); toast(done, "good"); } catch (err) { toast(errorText(err)); }
  }

  function tiles() {
    const t = got.total, queues = got.queues.filter((q) => q.id);
    const oldest = queues.filter((q) => q.oldest).sort((a, b) => Date.parse(a.oldest) - Date.parse(b.oldest))[0];
    const worst = queues.some((q) => q.colour === "red") ? "red" : queues.some((q) => q.colour === "amber") ? "amber" : "";
    const here = got.agents.filter((a) => a.state === "available").length;
    return el("dl", { class: "now-tiles" },
      tile("Waiting", number(t.backlog), `of ${number(t.open)} open`, worst),
      tile("Longest wait", oldest ? since(oldest.oldest) : "–", oldest ? oldest.name : "nobody waits", worst),
      tile("Average wait", t.backlog ? lengthText(t.wait) : "–"),
      tile("First answer after", lengthText(t.first_response), "on average, last hour"),
      tile("Came", number(t.created), got.spike ? `usually ${number(got.spike.usual)}` : "last hour", got.spike ? "amber" : ""),
      tile("Solved", number(t.resolved), "last hour"),
      tile("Available", number(here), here === 1 ? "agent" : "agents"));
  }

  const queueRow = (q) => el("tr", { class: q.paused ? "off" : "" },
    el("th", { scope: "row" }, el("span", { class: "now-name" }, el("span", { class: `now-dot ${q.colour}`, role: "img", "aria-label": q.colour }), el("span", { dir: "auto" }, q.name),
      q.paused ? el("span", { class: "pill" }, "Paused") : null, !q.at_work ? el("span", { class: "pill" }, "Closed") : null, q.spike ? el("span", { class: "pill bad" }, `Busy: usually ${number(q.spike.usual)} an hour`) : null)),
    el("td", { "data-label": "Waiting" }, number(q.backlog)),
    el("td", { "data-label": "Longest", class: `queue-wait ${q.colour}` }, since(q.oldest)),
    el("td", { "data-label": "Average" }, q.backlog ? lengthText(q.wait) : "–"),
    el("td", { "data-label": "Open" }, number(q.open)),
    el("td", { "data-label": "Agents" }, `${q.available} of ${q.agents}`),
    el("td", { "data-label": "Room" }, q.available ? (q.capacity === null ? "no limit" : number(q.capacity)) : "–"),
    el("td", { "data-label": "Last hour" }, `${number(q.created)} came, ${number(q.resolved)} solved`),
    el("td", {}, can("manage queues") ? iconButton(q.paused ? "bolt" : "moon", `${q.paused ? "Resume" : "Pause"} ${q.name}`, () => act(`queues/${encodeURIComponent(q.id)}`, { paused: !q.paused }, q.paused ? `${q.name} goes on.` : `${q.name} is paused.`)) : null));

  function agentMenu(a) {
    const button = iconButton("more", `Set ${a.name}`, () => menu(button, a.name, Object.entries(stateText).filter(([s]) => s !== a.state).map(([s, label]) => (
      { label, run: () => act(`agents/${encodeURIComponent(a.id)}`, { state: s }, `${a.name} is ${label.toLowerCase()}.`) }))), { "aria-haspopup": "menu", "aria-expanded": "false" });
    return button;
  }

  const load = (a) => el("span", { class: "now-load" }, el("meter", { min: "0", max: a.limit || Math.max(a.weight, 1), value: a.weight, high: (a.limit || Infinity) * 0.99, "aria-label": `Load of ${a.name}` }),
    a.limit === null ? number(a.weight) : `${number(a.weight)} of ${number(a.limit)}`);

  const agentRow = (a) => el("tr", {},
    el("th", { scope: "row" }, el("span", { class: "now-name" }, el("span", { class: `work-dot ${a.state}` }), el("span", { dir: "auto" }, a.name))),
    el("td", { "data-label": "Is" }, `${stateText[a.state]}${a.reason && a.state !== "available" ? `: ${a.reason}` : ""}`),
    el("td", { "data-label": "Since" }, a.since ? span(Date.now() - Date.parse(a.since)) : "–"),
    el("td", { "data-label": "Load" }, load(a)),
    el("td", { "data-label": "Tickets" }, a.tickets ? Object.entries(a.channels).map(([c, n]) => `${n} ${channelText[c] || c}`).join(", ") : "none"),
    el("td", { "data-label": "Wait for them" }, a.waiting ? number(a.waiting) : "–"),
    el("td", {}, can("organise") && a.id !== state.me.id ? agentMenu(a) : null));

  const table = (heads, rows) => el("table", { class: "office-table now-table" }, el("thead", {}, el("tr", {}, heads.map((t) => el("th", { scope: "col" }, t)))), el("tbody", {}, rows));

  function draw() {
    if (!got || !node.isConnected || document.querySelector('[role="menu"]')) return;
    const at = content.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    content.replaceChildren(tiles(),
      el("figure", { class: "now-figure" }, drawHour(got.minutes), el("figcaption", {}, el("span", { class: "now-key came" }, "Came"), el("span", { class: "now-key solved" }, "Solved"), el("span", { class: "soft" }, "60 minutes ago to now"))),
      el("h3", {}, "Queues"), table(["Queue", "Waiting", "Longest", "Average", "Open", "Agents", "Room", "Last hour", ""], got.queues.filter((q) => q.id).map(queueRow)),
      el("h3", {}, "Agents"), got.agents.length ? table(["Agent", "Is", "Since", "Load", "Tickets", "Wait for them", ""], got.agents.map(agentRow)) : el("p", { class: "empty-line" }, "Nobody is here."));
    if (at) [...content.querySelectorAll("[aria-label]")].find((n) => n.getAttribute("aria-label") === at)?.focus();
  }

  function tell(on) {
    live.className = `now-live ${on ? "on" : ""}`;
    live.textContent = on ? "Live" : "Connecting…";
  }

  // The stream is open while the pane is shown.
  function open() {
    if (source) return;
    tell(false);
    source = new EventSource("api/now/stream");
    source.addEventListener("open", () => tell(true));
    source.addEventListener("error", () => tell(false));
    source.addEventListener("now", (e) => { got = JSON.parse(e.data); tell(true); draw(); });
    clock = setInterval(draw, 15000); // waits grow by themselves
  }
  function close() {
    source?.close();
    source = null;
    clearInterval(clock);
  }

  return { node, load: open, close, render() { queueMicrotask(draw); } };
}
