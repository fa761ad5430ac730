// Several tickets at once: ticking them in the list, the bar of what to do, and a
// result for each.

import { changed } from "./base.js";
import { call, errorText, Refusal } from "./api.js";
import { el, icon, iconButton, remake } from "./dom.js";
import { state, putTicket, visitorName } from "./store.js";
import { lasting } from "./deeds.js";
import { priorityText } from "./tickets.js";
import { snoozeMenu } from "./snooze.js";
import { ticketHref } from "./router.js";
import { menu, dialog, labelled, toast } from "./overlay.js";

const most = 1000;

export function tick(id, on) {
  if (on) state.selected.add(id); else state.selected.delete(id);
  changed();
}

// tickBox stands before a row of the list.
export function tickBox(ticket) {
  const box = el("input", { type: "checkbox", class: "tick", checked: state.selected.has(ticket.id), "aria-label": `Select ticket ${ticket.number}`, onchange: () => tick(ticket.id, box.checked) });
  return box;
}

const plural = (n) => `${n} ${n === 1 ? "ticket" : "tickets"}`;

async function run(actions, told) {
  const ids = [...state.selected].slice(0, most);
  try {
    const { results } = await call("POST", "bulk", { ids, actions });
    for (const r of results) {
      if (!r.ticket) continue;
      putTicket(r.ticket);
      state.selected.delete(r.id); // those that failed stay ticked
    }
    changed();
    const failed = results.filter((r) => !r.ticket);
    if (!failed.length) toast(`${plural(results.length)} ${told}.`, "good");
    else showResults(results, told);
  } catch (err) {
    toast(errorText(err));
  }
}

function why(result) {
  const names = (result.fields || []).map((key) => { const f = state.fields.find((x) => x.key === key); return f ? f.name : key; });
  return names.length ? `Needs ${names.join(", ")} first` : result.detail || "That wasn’t possible";
}

function showResults(results, told) {
  const failed = results.filter((r) => !r.ticket).length;
  const row = (r) => {
    const ticket = state.tickets.get(r.id);
    const name = ticket ? `#${ticket.number} ${ticket.title || visitorName(ticket.end_user)}` : r.id;
    return el("li", { class: `result${r.ticket ? " good" : " bad"}` }, icon(r.ticket ? "check" : "alert"),
      el("span", { class: "result-text" }, el("a", { href: ticketHref(r.id), dir: "auto", onclick: (e) => e.currentTarget.closest("dialog").close() }, name),
        el("small", {}, r.ticket ? `Is ${told}` : why(r))));
  };
  const sorted = [...results].sort((a, b) => !!a.ticket - !!b.ticket);
  dialog({
    title: `${results.length - failed} of ${plural(results.length)} ${told}`, wide: true, yes: "Close", plain: true,
    text: `${failed === 1 ? "One wasn’t" : `${failed} weren’t`}, and ${failed === 1 ? "is" : "are"} still selected.`,
    content: el("ul", { class: "results" }, sorted.map(row)), onSubmit: () => true,
  });
}

function assignMenu(button) {
  menu(button, "Assign to", [
    ...state.agents.map((a) => ({ label: a.name, hint: a.role, run: () => run([{ do: "assign", to: a.id }], `assigned to ${a.name}`) })),
    ...state.groups.map((g) => ({ label: g.name, hint: "Group", run: () => run([{ do: "assign_group", to: g.id }], `given to ${g.name}`) })),
    { label: "Nobody", run: () => run([{ do: "unassign" }], "unassigned") },
  ]);
}

function priorityMenu(button) {
  menu(button, "Priority", ["urgent", "high", "normal", "low", ""].map((p) => ({
    label: priorityText[p] || "No priority", run: () => run([{ do: "priority", text: p }], "changed"),
  })));
}

function tagMenu(button) {
  menu(button, "Add a tag", state.tags.map((tag) => ({ label: tag, run: () => run([{ do: "add_tags", tags: [tag] }], `tagged “${tag}”`) })));
}

function note() {
  const text = el("textarea", { class: "control", rows: "4", dir: "auto" });
  dialog({
    title: `Note on ${plural(state.selected.size)}`, yes: "Add note", content: labelled("Only your team sees it", text),
    async onSubmit() {
      if (!text.value.trim()) throw new Refusal("Write something first.");
      run([{ do: "note", text: text.value.trim() }], "noted");
    },
  });
}

export function createBulkBar() {
  const node = el("div", { class: "bulk", role: "toolbar", "aria-label": "Selected tickets", hidden: true });
  const opens = { "aria-haspopup": "menu", "aria-expanded": "false" };
  const button = (glyph, label, onclick, extra = {}) => iconButton(glyph, label, onclick, extra);

  function render() {
    const n = state.selected.size;
    node.hidden = n === 0;
    remake(node, String(n), () => [
      el("span", { class: "bulk-count", role: "status" }, `${n} selected`),
      button("assign", "Assign to…", (e) => assignMenu(e.currentTarget), opens),
      button("flag", "Priority…", (e) => priorityMenu(e.currentTarget), opens),
      button("tag", "Add a tag…", (e) => tagMenu(e.currentTarget), opens),
      button("moon", "Snooze…", (e) => snoozeMenu(e.currentTarget, (until, reason) => { run([{ do: "snooze", for: lasting(until - Date.now()), text: reason }], "snoozed"); }), opens),
      button("note", "Add a note…", note),
      button("check", "Resolve", () => run([{ do: "resolve" }], "resolved")),
      button("close", "Select none", () => { state.selected.clear(); changed(); }),
    ]);
  }
  return { node, render };
}
