// Smart views: filters that are kept, in folders, with a live count; and the form in
// which one is made or changed.

import { bus, changed, storage, storeKey } from "./base.js";
import { call, errorText, Refusal } from "./api.js";
import { el, icon, iconButton, remake } from "./dom.js";
import { state } from "./store.js";
import { forgetList, countSoon } from "./lists.js";
import { viewHref, go } from "./router.js";
import { dialog, labelled, toast, ask } from "./overlay.js";

export async function loadViews() {
  const { views } = await call("GET", "views");
  state.views = views || [];
  changed();
}

// What is counted isn't what is shown: somebody has made a view, or taken one away.
bus.on("views", () => { loadViews().catch(() => {}); });

const folded = storeKey("folded:");

function countText(count) {
  if (!count) return "";
  if (count.building) return "…";
  return `${count.n}${count.at_least ? "+" : ""}`;
}

function entry(view) {
  const id = `smart-${view.id}`;
  const count = (state.counts.smart || {})[view.id];
  return el("li", {}, el("a", {
    href: viewHref(id), class: `view smart${count && count.n ? "" : " none"}`, title: view.problems && view.problems.length ? view.problems.join(", ") : view.name,
    "aria-current": state.route.view === id ? (state.route.ticket ? "true" : "page") : undefined,
  }, icon(view.problems && view.problems.length ? "alert" : view.shared ? "filter" : "person"), el("span", { class: "view-label", dir: "auto" }, view.name),
  el("span", { class: "count" }, countText(count))));
}

function folder(name, views) {
  if (!name) return views.map(entry);
  const open = storage.get(folded + name) !== "1";
  return [el("li", {}, el("details", { class: "folder", open, ontoggle: (e) => { if (e.target.open) storage.remove(folded + name); else storage.set(folded + name, "1"); } },
    el("summary", {}, icon("folder"), el("span", { dir: "auto" }, name)), el("ul", { class: "views" }, views.map(entry))))];
}

export function createSmart() {
  const list = el("ul", { class: "views" });
  const node = el("section", { class: "smart-views", "aria-labelledby": "smart-title" },
    el("div", { class: "smart-head" }, el("h2", { id: "smart-title" }, "Views"), iconButton("plus", "New view", () => editView())), list);

  function render() {
    const sign = JSON.stringify([state.views, state.counts.smart, state.route.view, !!state.route.ticket]);
    remake(list, sign, () => {
      const folders = new Map();
      for (const view of state.views) folders.set(view.folder, [...(folders.get(view.folder) || []), view]);
      return [...folders].map(([name, views]) => folder(name, views));
    });
  }
  return { node, render };
}

// pointed shows where a filter is wrong: its line with a mark under the column.
export function pointed(node, filter, { line, column, message, allowed }) {
  const text = filter.split("\n")[line - 1] || "";
  node.replaceChildren(
    el("pre", { class: "filter-line" }, `${text}\n${" ".repeat(Math.max(0, column - 1))}^`),
    el("p", {}, `Line ${line}, column ${column}: ${message}`),
    (allowed || []).length ? el("p", { class: "allowed" }, "Possible here: ", allowed.slice(0, 30).map((a, i) => [i ? ", " : "", el("code", {}, a)])) : "");
  node.hidden = false;
}

// place is the index in the text of a line and column, which count characters.
function place(filter, line, column) {
  const before = filter.split("\n").slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0);
  return before + [...(filter.split("\n")[line - 1] || "")].slice(0, column - 1).join("").length;
}

const sorts = { updated: "Last change", created: "Creation", waiting: "Longest wait", priority: "Priority", due: "Next due moment" };
const examples = ['ticket.open and "vip" in ticket.tags', "ticket.assignee == me and ticket.open", 'ticket.priority >= "high" and not ticket.snoozed', 'ticket.language == "de"'];

// editView makes a view, or changes one.
export async function editView(view) {
  const name = el("input", { type: "text", class: "control", maxlength: "255", dir: "auto" });
  const folderName = el("input", { type: "text", class: "control", maxlength: "255", dir: "auto", list: "known-folders", placeholder: "None" });
  const filter = el("textarea", { class: "control filter", rows: "3", spellcheck: "false", autocapitalize: "off", "aria-describedby": "filter-error", placeholder: examples[0] });
  const sort = el("select", { class: "control" }, Object.entries(sorts).map(([id, text]) => el("option", { value: id }, text)));
  const desc = el("input", { type: "checkbox" });
  const shared = el("input", { type: "checkbox", disabled: !!view || state.me.role !== "admin" });
  const wrong = el("div", { class: "filter-error", id: "filter-error", role: "alert", hidden: true });
  const v = view || { name: "", folder: "", filter: "", sort: "updated", desc: true, shared: false };
  Object.assign(name, { value: v.name });
  Object.assign(folderName, { value: v.folder });
  Object.assign(filter, { value: v.filter });
  Object.assign(sort, { value: v.sort || "updated" });
  desc.checked = v.desc;
  shared.checked = v.shared;
  filter.addEventListener("input", () => { wrong.hidden = true; });
  const example = (text) => el("button", { type: "button", class: "example", onclick: () => { filter.value = text; wrong.hidden = true; filter.focus(); } }, el("code", {}, text));
  const saved = await dialog({
    title: view ? "Change this view" : "New view", yes: view ? "Save" : "Create", wide: true,
    content: [labelled("Name", name), labelled("Folder", folderName), el("datalist", { id: "known-folders" }, [...new Set(state.views.map((x) => x.folder).filter(Boolean))].map((f) => el("option", { value: f }))),
      labelled("Filter", filter), wrong, el("div", { class: "examples" }, examples.map(example)),
      labelled("Order", sort),
      el("label", { class: "check" }, desc, "Highest or newest first"),
      el("label", { class: "check" }, shared, "Share with the whole team", state.me.role === "admin" ? null : el("small", {}, " (admins only)")),
      view ? el("button", { type: "button", class: "text-button danger-text", onclick: (e) => remove(view, e.currentTarget.closest("dialog")) }, "Delete this view") : null],
    async onSubmit() {
      wrong.hidden = true;
      const body = { id: view && view.id, revision: view && view.revision, name: name.value, folder: folderName.value, filter: filter.value, sort: sort.value, desc: desc.checked, shared: shared.checked };
      try {
        return await call("POST", "views", body);
      } catch (err) {
        const at = err.body && err.body.condition;
        if (!at) throw err;
        pointed(wrong, filter.value, at);
        filter.focus();
        const spot = place(filter.value, at.line, at.column);
        filter.setSelectionRange(spot, spot);
        throw new Refusal("The filter can’t be understood yet.");
      }
    },
  });
  if (!saved) return;
  forgetList(`smart-${saved.id}`);
  await loadViews().catch(() => {});
  go(viewHref(`smart-${saved.id}`));
  countSoon();
}

async function remove(view, form) {
  if (!(await ask({ title: `Delete “${view.name}”?`, text: "The tickets in it stay as they are.", yes: "Delete view", danger: true }))) return;
  try {
    await call("DELETE", `views/${encodeURIComponent(view.id)}?revision=${view.revision}`);
    form.close();
    await loadViews();
    go(viewHref("open"));
  } catch (err) {
    toast(errorText(err));
  }
}
