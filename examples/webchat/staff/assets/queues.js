// The queues in the office: how they stand, in which order they are served, how they
// are set.

import { el, icon, iconButton, remake } from "./dom.js";
import { bus, changed } from "./base.js";
import { call, errorText, Refusal } from "./api.js";
import { state } from "./store.js";
import { ask, dialog, labelled, menu, toast } from "./overlay.js";
import { length } from "./due.js";
import { readLength, written } from "./policies.js";
import { queueName, strategyName } from "./work.js";
import { workSettings } from "./staffwork.js";

const strategies = ["longest_idle", "least_loaded", "round_robin", "weighted", "sticky"];
const strategyHint = { longest_idle: "Longest idle", least_loaded: "Least loaded", round_robin: "Round robin", weighted: "By weight", sticky: "The last agent, else longest idle" };
const orders = { priority: "Priority, then wait", due: "What is due first", wait: "Longest wait" };

const text = (value, props) => Object.assign(el("input", { type: "text", class: "control", ...props }), { value });
const time = (minutes, label) => text(written(minutes), { placeholder: "None", maxlength: "20", "aria-label": label });
const pick = (choices, value, label) => el("select", { class: "control", "aria-label": label }, choices.map(([id, name]) => el("option", { value: id, selected: id === (value || "") }, name)));
export const list = (value) => value.split(",").map((s) => s.trim()).filter(Boolean);

// groupRows are the groups of the desk, of which those that are ticked get the tickets.
function groupRows(q) {
  const own = (q.groups || []).map((g) => g.group);
  const place = (g) => (own.includes(g.id) ? own.indexOf(g.id) : own.length);
  const rows = [...state.groups].sort((a, b) => place(a) - place(b)).map((g) => {
    const has = (q.groups || []).find((x) => x.group === g.id);
    const on = el("input", { type: "checkbox", value: g.id, checked: !!has, "aria-label": g.name });
    const after = text(has && has.after ? written(has.after) : "", { placeholder: "At once", maxlength: "20", "aria-label": `${g.name} after` });
    return { node: el("label", {}, on, el("span", { dir: "auto" }, g.name), after), read: () => (on.checked ? { group: g.id, after: readLength(after.value, g.name) } : null) };
  });
  return {
    node: el("fieldset", { class: "queue-groups" }, el("legend", { class: "form-label" }, "Groups that get its tickets, and after which wait"), rows.map((r) => r.node)),
    read: () => rows.map((r) => r.read()).filter(Boolean).sort((a, b) => a.after - b.after),
  };
}

function edit(got, load, queue) {
  const q = queue || { id: "", name: "", groups: [], strategy: "", order: "", needs: [] };
  const others = got.queues.filter((x) => x.id !== q.id).map((x) => [x.id, x.name]);
  const f = {
    name: text(q.name, { maxlength: "255", dir: "auto", "aria-label": "Name", placeholder: "Repairs" }), groups: groupRows(q),
    calendar: pick([["", "The desk’s, else always open"], ...got.calendars.map((c) => [c.id, c.name])], q.calendar, "Calendar"),
    amber: time(q.amber, "Amber after"), red: time(q.red, "Red after"), after: time(q.after, "Escalate after"), to: pick([["", "Nowhere"], ...others], q.to, "Escalate to"),
    strategy: pick(strategies.map((s) => [s, strategyHint[s]]), q.strategy || "longest_idle", "Who gets a ticket"), order: pick(Object.entries(orders), q.order || "priority", "Which ticket first"),
    offer: time(q.offer, "Offered for"), limit: text(q.limit || "", { placeholder: "Any number", inputmode: "decimal", "aria-label": "Limit" }),
    wait: time(q.wait, "Waits for the last agent"), needs: text((q.needs || []).join(", "), { placeholder: "language, topic", "aria-label": "Needs", spellcheck: "false" }), manual: el("input", { type: "checkbox", checked: q.manual }),
  };
  return dialog({
    title: queue ? q.name : "New queue", yes: "Save", wide: true,
    content: [labelled("Name", f.name), f.groups.node,
      el("div", { class: "pair" }, labelled("Who gets a ticket", f.strategy), labelled("Which ticket first", f.order), labelled("Amber after", f.amber), labelled("Red after", f.red),
        labelled("Escalate after", f.after), labelled("Escalate to", f.to), labelled("Offered for", f.offer, "So long an agent may think it over. Empty: it is his at once."), labelled("Limit", f.limit, "How much of it an agent carries at most."),
        labelled("Calendar", f.calendar), labelled("Waits for the last agent", f.wait, "Where he gets a ticket, if he is full just now.")),
      labelled("Needs", f.needs, "What agents have to be able to do: “language”, or keys of fields."), el("label", { class: "check" }, f.manual, "Agents take its tickets themselves")],
    async onSubmit() {
      const limit = f.limit.value.trim() === "" ? 0 : Number(f.limit.value);
      if (!(limit >= 0)) throw new Refusal(`Limit: write a number, not “${f.limit.value}”.`);
      const body = { id: q.id, revision: q.revision, paused: !!q.paused, name: f.name.value, groups: f.groups.read(), limit, needs: list(f.needs.value), manual: f.manual.checked };
      for (const [key, name] of [["amber", "Amber after"], ["red", "Red after"], ["after", "Escalate after"], ["offer", "Offered for"], ["wait", "Waits for the last agent"]]) body[key] = readLength(f[key].value, name);
      const usual = { strategy: "longest_idle", order: "priority" }; // which "" means, too
      for (const key of ["calendar", "to", "strategy", "order"]) body[key] = !q[key] && f[key].value === usual[key] ? "" : f[key].value;
      await call("POST", "office/queues", body);
      await load();
    },
  });
}

function standing(q) {
  const f = q.figures;
  if (q.paused) return "Paused";
  if (f && !f.open) return "Closed";
  return q.manual ? "Agents take" : "Open";
}

function wait(f) {
  if (!f) return "–";
  if (!f.backlog) return "Nobody waits";
  return el("span", { class: `queue-wait ${f.colour}` }, `${f.backlog}${f.at_least ? "+" : ""}`, f.oldest ? `, ${f.waited >= 1 ? length(f.waited * 60000) : "just now"}` : "");
}

export function createQueues() {
  const content = el("div", {});
  const may = () => (state.may || []).includes("manage queues");
  let got = null, timer = 0, shown = false;
  const add = el("button", { type: "button", class: "button", onclick: () => got && edit(got, load) }, icon("plus"), "New queue");
  const settings = el("button", { type: "button", class: "button", onclick: () => got && workSettings(got.settings, load) }, "Settings");
  const node = el("section", { "aria-labelledby": "queues-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "queues-title" }, "Queues"), el("p", { class: "soft" }, "Who is free gets the first ticket of the first queue that has one for him.")),
      el("div", { class: "queue-acts" }, settings, add)), content);

  async function load() {
    try {
      got = await call("GET", "office/queues");
      state.queues = got.queues.map(({ id, name }) => ({ id, name }));
    } catch (err) { toast(errorText(err)); }
    changed();
  }

  // soon asks anew while the pane is before the eyes, at most once a second.
  function soon() {
    if (timer || !shown || state.route.office !== "queues" || document.hidden) return;
    timer = setTimeout(() => { timer = 0; load(); }, 1000);
  }
  bus.on("work", soon);
  bus.on("ticket", soon);
  setInterval(soon, 15000);

  async function attempt(act, body) {
    try { await call("POST", `office/queues/order/${act}`, body); } catch (err) { toast(errorText(err)); }
    await load();
  }

  function move(i, by) {
    const ids = got.queues.map((q) => q.id);
    [ids[i], ids[i + by]] = [ids[i + by], ids[i]];
    return attempt("rank", { ids });
  }

  async function remove(q) {
    if (!(await ask({ title: `Delete “${q.name}”?`, text: `Its open tickets go to “${queueName(got.default)}”.`, yes: "Delete queue", danger: true }))) return;
    try { await call("DELETE", `office/queues/${encodeURIComponent(q.id)}`); } catch (err) { toast(errorText(err)); }
    await load();
  }

  function acts(q, i) {
    const more = iconButton("more", `More on ${q.name}`, () => menu(more, q.name, [
      { label: q.paused ? "Resume" : "Pause", hint: q.paused ? "" : "It takes tickets, and gives none", run: () => attempt("pause", { id: q.id, paused: !q.paused }) },
      q.id === got.default ? null : { label: "Make it the default", hint: "It gets what no other one is given", run: () => attempt("default", { id: q.id }) },
      q.id === got.default ? null : { label: "Delete…", danger: true, run: () => remove(q) },
    ].filter(Boolean)), { "aria-haspopup": "menu", "aria-expanded": "false" });
    return el("span", { class: "queue-acts" }, i ? iconButton("back", `Move ${q.name} up`, () => move(i, -1), { class: "icon-button policy-up" }) : null,
      i < got.queues.length - 1 ? iconButton("down", `Move ${q.name} down`, () => move(i, 1)) : null, iconButton("write", `Change ${q.name}`, () => edit(got, load, q)), more);
  }

  const groups = (q) => (q.groups || []).map((g) => `${(state.groups.find((x) => x.id === g.group) || { name: g.group }).name}${g.after ? ` after ${written(g.after)}` : ""}`).join(", ") || "Nobody";

  const row = (q, i) => el("tr", { class: q.paused ? "off" : "" },
    el("td", {}, el("span", { class: "queue-name" }, el("strong", { dir: "auto" }, q.name), q.id === got.default ? el("span", { class: "pill" }, "Default") : null, q.offer ? el("span", { class: "pill" }, `Offered for ${written(q.offer)}`) : null)),
    el("td", { "data-label": "State" }, standing(q)), el("td", { "data-label": "Waiting" }, wait(q.figures)), el("td", { "data-label": "Agents" }, q.figures ? String(q.figures.agents) : "–"),
    el("td", { "data-label": "Groups" }, groups(q)), el("td", { "data-label": "Gives to" }, q.manual ? "–" : strategyName(q.strategy)), el("td", {}, may() ? acts(q, i) : null));

  function render() {
    shown = true;
    for (const b of [add, settings]) b.hidden = !got || !may();
    if (!got) return;
    remake(content, JSON.stringify([got, may(), state.groups]), () => el("table", { class: "office-table" },
      el("thead", {}, el("tr", {}, ["Name", "State", "Waiting", "Agents", "Groups", "Gives to", ""].map((t) => el("th", { scope: "col" }, t)))), el("tbody", {}, got.queues.map(row))));
  }
  return { node, load, render };
}
