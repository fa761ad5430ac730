// A bot's flow as a drawing: steps as cards in layers, lines for where they lead. Who
// doesn't see lines reads the same in each card.

import { el, icon } from "./dom.js";

const kinds = {
  say: ["chat", "Says"], ask: ["write", "Asks"], set: ["tag", "Sets"], branch: ["split", "Decides"], suggest: ["search", "Suggests articles"], answer: ["star", "Answers"], call: ["link", "Calls"], run: ["bolt", "Runs"],
  hand_off: ["person", "Hands off"], resolve: ["done", "Resolves"], confirm: ["check", "Asks whether it is solved"], reopen: ["reopen", "Reopens"], end: ["close", "Ends"],
};
const answers = { text: "a text", email: "an email address", number: "a number", date: "a date", yes_no: "yes or no", attachment: "a file" };

export const kindOf = (step) => Object.keys(kinds).find((k) => step[k]) || "end";

function textIn(flow, text) {
  if (!text || typeof text === "string") return text || "";
  return text[flow.language || "en"] || text[""] || Object.values(text)[0] || "";
}

// brief says what a step does, in a word and a text.
function brief(flow, step) {
  const kind = kindOf(step), it = step[kind] || {};
  const where = (h) => (h.queue ? `to queue ${h.queue}` : h.group ? `to group ${h.group}` : h.agent ? `to ${h.agent}` : h.bot ? `to bot ${h.bot}` : "to the default queue");
  const verb = kind === "ask" ? it.as === "choice" ? "Asks to choose" : `Asks for ${answers[it.as] || it.as}` : kind === "hand_off" || kind === "reopen" ? `${kinds[kind][1]} ${where(it)}` : kinds[kind][1];
  const text = kind === "call" ? `${it.method || "GET"} ${it.url}` : kind === "run" ? it.function : kind === "branch" ? it.cases.map((c) => c.when).join("\n")
    : kind === "set" ? Object.entries({ ...it.fields, ...(it.label ? { label: it.label } : {}), ...(it.name ? { name: it.name } : {}), ...(it.email ? { email: it.email } : {}) }).map(([k, v]) => `${k} = ${v}`).concat((it.add_tags || []).map((tag) => `+ ${tag}`)).join("\n")
      : textIn(flow, it.text || it.question);
  return { kind, verb, text };
}

const plain = (s) => s.replaceAll("#quot;", "\"").replaceAll("#lt;", "<").replaceAll("#gt;", ">").replaceAll("#96;", "`").replaceAll("#35;", "#");
const ends = { person: "a person", solved: "resolved", over: "the end", missing: "no such step" };

// edgesOf reads where steps lead out of the flow's chart.
function edgesOf(mermaid) {
  const all = mermaid.split("\n").map((line) => /^ {2}s(\d+) -->(?:\|"(.*)"\|)? (\w+)$/.exec(line)).filter(Boolean)
    .map(([, from, why, to]) => ({ from: Number(from), why: shorter(plain(why || "")), to: /^s\d+$/.test(to) ? Number(to.slice(1)) : to }));
  // Several ways to the same step are one line.
  const merged = new Map();
  for (const e of all) {
    const key = `${e.from} ${e.to}`, was = merged.get(key);
    if (was) was.why = [was.why, e.why].filter(Boolean).join(", "); else merged.set(key, e);
  }
  return [...merged.values()];
}
const shorter = (why) => (why === "no answer that will do" ? "no good answer" : why);

// layersOf puts each step below all that lead to it, but for those that lead back.
function layersOf(n, edges) {
  const layer = Array(n).fill(0), state = Array(n).fill(0), order = [];
  const out = Array.from({ length: n }, () => []);
  for (const e of edges) if (typeof e.to === "number") out[e.from].push(e);
  const visit = (i) => {
    state[i] = 1;
    for (const e of out[i]) { if (state[e.to] === 1) e.back = true; else if (!state[e.to]) visit(e.to); }
    state[i] = 2;
    order.unshift(i);
  };
  for (let i = 0; i < n; i++) if (!state[i]) visit(i);
  for (const i of order) for (const e of out[i]) if (!e.back) layer[e.to] = Math.max(layer[e.to], layer[i] + 1);
  return layer;
}

const width = 208, gapX = 26, gapY = 48;

// drawFlow draws; figures are how often steps were taken, problems what is wrong by step.
export function drawFlow({ flow, mermaid, problems, report }) {
  const edges = edgesOf(mermaid), layer = layersOf(flow.steps.length, edges);
  const rows = [];
  layer.forEach((l, i) => (rows[l] ||= []).push(i));
  const most = report ? Math.max(1, ...Object.values(report.steps).map((s) => s.taken)) : 1;
  const cards = flow.steps.map((step, i) => card(step, i));
  const lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  lines.setAttribute("aria-hidden", "true");
  const notes = el("div", { "aria-hidden": "true" });
  const list = el("ol", { class: "flow-steps" }, cards);
  const board = el("div", { class: "flow-board" }, lines, notes, list);
  const node = el("div", { class: "flow-box", tabindex: "0", role: "region", "aria-label": "The flow" }, board);

  function card(step, i) {
    const { kind, verb, text } = brief(flow, step);
    const own = edges.filter((e) => e.from === i);
    const wrong = problems.filter((p) => p.step === step.id);
    const figure = report && report.steps[step.id];
    const bar = el("span", { class: "step-bar" });
    if (figure) bar.style.setProperty("--share", `${Math.round(figure.taken / most * 100)}%`);
    return el("li", { class: `flow-step does-${kind}${wrong.some((p) => !p.warning) ? " wrong" : wrong.length ? " warned" : ""}`, "data-step": step.id },
      el("p", { class: "step-kind" }, icon(kinds[kind][0]), verb),
      text ? el("p", { class: "step-text", dir: "auto" }, text) : null,
      step.ask && step.ask.choices ? el("p", { class: "step-choices" }, step.ask.choices.map((c) => el("span", { dir: "auto" }, textIn(flow, c.text)))) : null,
      own.filter((e) => typeof e.to === "string").map((e) => el("p", { class: `step-end to-${e.to}` }, icon(e.to === "solved" ? "done" : e.to === "person" ? "person" : e.to === "missing" ? "alert" : "close"), el("span", {}, e.why ? `${e.why}: ${ends[e.to]}` : ends[e.to]))),
      wrong.map((p) => el("p", { class: `step-problem${p.warning ? " warning" : ""}` }, icon("alert"), el("span", {}, `${p.field}: ${p.reason}`))),
      figure ? el("p", { class: "step-figure" }, bar, el("span", {}, figure.taken ? `${figure.taken} ${figure.taken === 1 ? "time" : "times"}` : "Nobody yet", figure.ended ? el("b", {}, ` · ${figure.ended} ended here`) : null)) : null,
      el("p", { class: "step-id" }, step.id, el("span", { class: "hidden-text" }, own.filter((e) => typeof e.to === "number").map((e) => `, ${e.why ? `${e.why}: ` : ""}leads to ${flow.steps[e.to].id}`).join(""))));
  }

  function place() {
    if (!node.isConnected) return;
    const across = Math.max(...rows.map((r) => r.length)), total = across * (width + gapX) - gapX;
    const at = [];
    let y = 4;
    for (const row of rows) {
      // Those below each other's parents cross least.
      const middle = (i) => { const above = edges.filter((e) => e.to === i && !e.back && at[e.from]).map((e) => at[e.from].x); return above.length ? above.reduce((a, b) => a + b) / above.length : i; };
      const want = new Map(row.map((i) => [i, middle(i)]));
      row.sort((a, b) => want.get(a) - want.get(b) || a - b);
      let x = (total - (row.length * (width + gapX) - gapX)) / 2, tall = 0;
      for (const i of row) {
        Object.assign(cards[i].style, { left: `${x}px`, top: `${y}px`, width: `${width}px` });
        at[i] = { x, y, h: cards[i].offsetHeight };
        tall = Math.max(tall, at[i].h);
        x += width + gapX;
      }
      y += tall + gapY;
    }
    Object.assign(board.style, { width: `${total}px`, height: `${y - gapY + 8}px` });
    lines.setAttribute("viewBox", `0 0 ${total} ${y}`);
    Object.assign(lines.style, { width: `${total}px`, height: `${y}px` });
    lines.replaceChildren();
    notes.replaceChildren();
    const leaving = new Map();
    // Lines leave a card in the order in which they arrive.
    for (const e of edges.filter((x) => typeof x.to === "number").sort((a, b) => a.from - b.from || at[a.to].x - at[b.to].x)) line(e, at, leaving);
  }

  function line(e, at, leaving) {
    const a = at[e.from], b = at[e.to], all = edges.filter((x) => x.from === e.from && typeof x.to === "number").length;
    const k = leaving.get(e.from) || 0;
    leaving.set(e.from, k + 1);
    const x1 = a.x + width * (k + 1) / (all + 1), y1 = a.y + a.h, x2 = b.x + width / 2, y2 = b.y;
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const bend = Math.max(18, Math.min(60, Math.abs(y2 - y1) / 2));
    path.setAttribute("d", e.back ? `M ${a.x} ${a.y + a.h / 2} C ${a.x - 40} ${a.y + a.h / 2}, ${b.x - 40} ${b.y + b.h / 2}, ${b.x} ${b.y + b.h / 2}` : `M ${x1} ${y1} C ${x1} ${y1 + bend}, ${x2} ${y2 - bend}, ${x2} ${y2 - 6}`);
    path.setAttribute("class", e.back ? "flow-line back" : "flow-line");
    lines.append(path);
    if (e.back) return;
    const head = document.createElementNS("http://www.w3.org/2000/svg", "path");
    head.setAttribute("d", `M ${x2 - 4} ${y2 - 7} L ${x2} ${y2 - 1} L ${x2 + 4} ${y2 - 7} Z`);
    head.setAttribute("class", "flow-head");
    lines.append(head);
    if (!e.why) return;
    const note = el("span", { class: "flow-why", dir: "auto" }, e.why);
    Object.assign(note.style, { left: `${x1 + (x2 - x1) * (y2 - y1 > gapY + 8 ? .12 : .5)}px`, top: `${y1 + Math.min(y2 - y1, gapY) / 2 + (k % 2 ? 8 : -6)}px` });
    notes.append(note);
  }
  new ResizeObserver(place).observe(node);
  return node;
}
