// Service policies: within which time tickets are answered and resolved.

import { el, icon, iconButton, remake } from "./dom.js";
import { call, errorText, Refusal } from "./api.js";
import { changed } from "./base.js";
import { state } from "./store.js";
import { ask, dialog, labelled, toast } from "./overlay.js";
import { targetText } from "./due.js";
import { pointed } from "./smart.js";

const targets = [["first", "first_response"], ["next", "next_response"], ["resolution", "resolution"]];
const units = { d: 1440, h: 60, m: 1, s: 1 / 60 };

// readLength reads a time as people write it, in minutes: 45m, 1h 30m, 2d, 30s.
export function readLength(text, what) {
  const parts = text.trim().toLowerCase().match(/^(?:\d+(?:\.\d+)?\s*[dhms]\s*)*$/) ? [...text.toLowerCase().matchAll(/(\d+(?:\.\d+)?)\s*([dhms])/g)] : null;
  if (!parts) throw new Refusal(`${what}: write a time as 45m, 1h 30m or 2d, not “${text}”.`);
  return parts.reduce((n, [, number, unit]) => n + Number(number) * units[unit], 0);
}

// written is a time as readLength reads it, to the second: who saves a form as it is
// changes nothing.
export function written(minutes) {
  let left = Math.round((minutes || 0) * 60);
  return Object.entries({ d: 86400, h: 3600, m: 60, s: 1 }).map(([unit, size]) => {
    const n = Math.floor(left / size);
    left -= n * size;
    return n ? `${n}${unit}` : "";
  }).filter(Boolean).join(" ");
}

function edit(got, load, policy) {
  const old = policy || { id: "", name: "", when: "", first: 60, next: 120, resolution: 0, at_risk: 0, calendar: "", off: false };
  const field = (value, props) => Object.assign(el("input", { type: "text", class: "control", ...props }), { value });
  const name = field(old.name, { maxlength: "255", dir: "auto", placeholder: "Urgent parcels" });
  const when = Object.assign(el("textarea", { class: "control filter", rows: "2", spellcheck: "false", autocapitalize: "off", placeholder: 'ticket.priority == "urgent"', "aria-describedby": "when-error" }), { value: old.when });
  const wrong = el("div", { class: "filter-error", id: "when-error", role: "alert", hidden: true });
  when.addEventListener("input", () => { wrong.hidden = true; });
  const goals = targets.map(([key, what]) => [key, targetText[what], field(written(old[key]), { placeholder: "None", maxlength: "20", "aria-label": targetText[what] })]);
  const risk = el("input", { type: "number", class: "control", min: "1", max: "100", "aria-label": "At risk" });
  risk.value = old.at_risk || 80;
  const calendar = el("select", { class: "control" }, [["", "The queue’s, else the platform’s, else the desk’s"], ...got.calendars.map((c) => [c.id, c.name])].map(([id, text]) => el("option", { value: id }, text)));
  calendar.value = old.calendar;
  const off = el("input", { type: "checkbox", checked: old.off });
  return dialog({
    title: policy ? old.name : "New policy", yes: "Save", wide: true,
    content: [labelled("Name", name), labelled("Tickets", when, "Which ones, as in the filter of a view. Empty: all of them."), wrong,
      el("div", { class: "policy-goals" }, goals.map(([, text, node]) => labelled(text, node))),
      el("p", { class: "soft small" }, "Times of work, as 45m, 1h 30m or 2d of 24 hours each. Empty: no target."),
      labelled("At risk after (percent of the time)", risk), labelled("Calendar", calendar),
      el("label", { class: "check" }, off, "Off: kept, and of no ticket")],
    async onSubmit() {
      wrong.hidden = true;
      const body = { id: old.id, revision: old.revision, name: name.value, when: when.value, at_risk: Number(risk.value), calendar: calendar.value, off: off.checked };
      for (const [key, text, node] of goals) body[key] = readLength(node.value, text);
      try {
        await call("POST", "office/policies", body);
      } catch (err) {
        const at = err.body && err.body.condition;
        if (!at) throw err;
        pointed(wrong, when.value, at);
        when.focus();
        throw new Refusal("The condition can’t be understood yet.");
      }
      await load();
    },
  });
}

export function createPolicies() {
  const content = el("div", {});
  const may = () => (state.may || []).includes("configure");
  let got = null;
  const node = el("section", { "aria-labelledby": "policies-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "policies-title" }, "Service"), el("p", { class: "soft" }, "Within which time tickets are answered and resolved. Of a ticket the first policy counts that is about it.")),
      el("button", { type: "button", class: "button", hidden: true, onclick: () => got && edit(got, load) }, icon("plus"), "New policy")), content);

  async function load() {
    try { got = await call("GET", "office/policies"); } catch (err) { toast(errorText(err)); }
    changed();
  }

  async function move(i) {
    const was = got.policies.map((p) => p.id), ids = [...was];
    [ids[i - 1], ids[i]] = [ids[i], ids[i - 1]];
    try { await call("POST", "office/policies/order", { was, ids }); } catch (err) { toast(errorText(err)); }
    await load();
  }

  async function remove(p) {
    if (!(await ask({ title: `Delete “${p.name}”?`, text: "Its tickets come under the next policy that is about them. What was late stays so.", yes: "Delete policy", danger: true }))) return;
    try { await call("DELETE", `office/policies/${encodeURIComponent(p.id)}?revision=${p.revision}`); } catch (err) { toast(errorText(err)); }
    await load();
  }

  const row = (p, i) => el("tr", { class: p.off ? "off" : "" }, el("td", { dir: "auto" }, el("strong", {}, p.name), p.off ? el("span", { class: "pill" }, "Off") : null, p.problem ? el("p", { class: "danger-text small" }, p.problem) : null),
    el("td", { "data-label": "Tickets" }, p.when ? el("code", {}, p.when) : "All"),
    targets.map(([key, what]) => el("td", { "data-label": targetText[what] }, written(p[key]) || "–")),
    el("td", { "data-label": "Calendar" }, (got.calendars.find((c) => c.id === p.calendar) || { name: p.calendar ? p.calendar : "Nearest" }).name),
    el("td", {}, may() ? el("span", { class: "policy-acts" }, i ? iconButton("back", `Move ${p.name} up`, () => move(i), { class: "icon-button policy-up" }) : null,
      iconButton("write", `Change ${p.name}`, () => edit(got, load, p)), iconButton("close", `Delete ${p.name}`, () => remove(p))) : null));

  function render() {
    node.querySelector("header .button").hidden = !got || !may();
    if (!got) return;
    remake(content, JSON.stringify([got, may()]), () => (got.policies.length
      ? el("table", { class: "office-table" }, el("thead", {}, el("tr", {}, ["Name", "Tickets", ...targets.map(([, what]) => targetText[what]), "Calendar", ""].map((t) => el("th", { scope: "col" }, t)))), el("tbody", {}, got.policies.map(row)))
      : el("p", { class: "empty-line" }, "There are no policies: nothing is ever due.")));
  }
  return { node, load, render };
}
