// Labels in the office: which version of the model labels new tickets, how well it does,
// what its rows lack, and the versions that there are.

import { el, icon, iconButton, remake } from "./dom.js";
import { call, errorText, uploadForm, Refusal } from "./api.js";
import { changed } from "./base.js";
import { dayText, timeText } from "./dates.js";
import { state } from "./store.js";
import { ask, dialog, labelled, menu, toast } from "./overlay.js";
import { kept, percent, reportOf } from "./labelreport.js";

const stateText = { training: "In training", ready: "Ready", failed: "Failed", retired: "Retired" };
const driftText = {
  accuracy: (a) => `People change its labels more often: ${percent(a.now)} are kept, ${percent(a.usual)} were to be expected.`,
  abstentions: (a) => `It leaves ${percent(a.now)} of tickets without a label; ${percent(a.usual)} is usual.`,
  mixture: (a) => `Tickets are about other things than before: ${percent(a.now)} of the labels have moved.`,
};

function languageName(tag) {
  try { return new Intl.DisplayNames("en", { type: "language" }).of(tag); } catch { return tag; }
}
const scopeText = (c) => [c.app ? (state.app && state.app.id === c.app ? state.app.name : c.app) : "", c.language ? languageName(c.language) : ""].filter(Boolean).join(", ") || "All tickets";
const same = (a, b) => (a.app || "") === (b.app || "") && (a.language || "") === (b.language || "");
const query = (c) => `app=${encodeURIComponent(c.app || "")}&language=${encodeURIComponent(c.language || "")}`;
const whole = (c) => ({ app: c.app || "", language: c.language || "" });

export function createLabels() {
  const content = el("div", {});
  let got = null, at = {}, shown = null, report = null, timer = 0;
  const model = () => (got ? got.models.find((m) => same(m, at)) : null) || { ...at, versions: 0, uploaded: 0 };
  const find = (id) => (got ? got.versions.find((v) => v.id === id) : null);
  const trainButton = el("button", { type: "button", class: "button primary", hidden: true, onclick: () => train() }, icon("bolt"), "Train");
  const scopes = el("select", { class: "control", "aria-label": "Tickets of", hidden: true, onchange: choose });
  const node = el("section", { "aria-labelledby": "labels-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "labels-title" }, "Labels"), el("p", { class: "soft" }, "What a new ticket is about, before rules and queues see it. Where the model isn’t sure, it says nothing.")),
      el("div", { class: "label-acts" }, scopes, trainButton)), content);

  async function load() {
    clearTimeout(timer);
    try {
      const next = await call("GET", `office/labels?${query(at)}`);
      got = next;
      const m = model();
      if (!find(shown)) shown = m.active && find(m.active) ? m.active : (next.versions.find((v) => v.state === "ready") || {}).id || null;
      report = shown ? await call("GET", `office/labels/versions/${encodeURIComponent(shown)}`) : null;
      if (next.versions.some((v) => v.state === "training") && state.route.office === "labels") timer = setTimeout(load, 1200);
    } catch (err) { toast(errorText(err)); }
    changed();
  }

  function choose() {
    const wanted = JSON.parse(scopes.value);
    if (wanted) { pick(wanted); return; }
    scopes.value = JSON.stringify(whole(at));
    newScope();
  }

  function pick(c) { at = c; shown = report = null; load(); }

  async function attempt(work, done) {
    try { await work(); if (done) toast(done, "good"); } catch (err) { toast(errorText(err)); }
    await load();
  }

  const onVersion = (v, what, body = {}) => call("POST", `office/labels/versions/${encodeURIComponent(v.id)}/${what}`, body);
  const onScope = (what, body = {}) => call("POST", `office/labels/scope/${what}`, { ...whole(at), ...body });

  function train() {
    const m = model();
    const radio = (name, value, text, hint, checked) => el("label", { class: "pick" }, el("input", { type: "radio", name, value, checked }), el("span", { class: "pick-text" }, text, hint ? el("small", {}, hint) : null));
    const file = el("input", { type: "file", class: "control", accept: ".csv,.zip,text/csv", "aria-label": "File of rows" });
    const rows = m.uploaded || 0;
    const from = el("fieldset", { class: "picks" }, el("legend", { class: "form-label" }, "By what it learns"),
      radio("from", "tickets", "Closed tickets", "Their first message, and the label they were closed with", !rows),
      radio("from", "uploaded", rows ? `The ${rows} uploaded rows` : "Uploaded rows", "A CSV file of text and label", !!rows), radio("from", "both", "Both"));
    const adopt = el("fieldset", { class: "picks" }, el("legend", { class: "form-label" }, "When it is done"),
      radio("adopt", "", "I look at it first", "", true), radio("adopt", "better", "It labels, if it is better than the one that does"), radio("adopt", "always", "It labels"));
    const chosen = (set) => set.querySelector("input:checked").value;
    return dialog({
      title: `Train a model: ${scopeText(at)}`, yes: "Train", wide: true,
      content: [from, labelled(rows ? "Other rows in their place" : "Rows", file, "CSV or .zip, UTF-8: a text and its label in each row; no label is text that none fits."), adopt],
      onSubmit: async () => {
        if (file.files[0]) {
          const form = new FormData();
          form.append("file", file.files[0]);
          await uploadForm(`office/labels/upload?${query(at)}`, form);
          if (chosen(from) === "tickets") from.querySelector("[value=both]").checked = true;
        } else if (!rows && chosen(from) !== "tickets") {
          throw new Refusal("Choose a file of rows.");
        }
        const by = chosen(from);
        const v = await call("POST", "office/labels/train", { ...whole(at), tickets: by !== "uploaded", uploaded: by !== "tickets", adopt: chosen(adopt) });
        shown = null;
        await load();
        return v;
      },
    });
  }

  function newScope() {
    const app = el("select", { class: "control" }, [["", "All apps"], ...(state.app ? [[state.app.id, state.app.name]] : [])].map(([v, text]) => el("option", { value: v }, text)));
    const language = el("input", { class: "control", maxlength: "35", placeholder: "en, pt-BR …" });
    return dialog({ title: "A model for some tickets", yes: "Go on", content: [labelled("App", app), labelled("Language", language, "Empty: all languages")],
      onSubmit: () => { pick({ app: app.value, language: language.value.trim() }); return true; } });
  }

  async function compare(v, with_) {
    let c;
    try { c = await call("GET", `office/labels/compare?a=${encodeURIComponent(with_.id)}&b=${encodeURIComponent(v.id)}`); } catch (err) { toast(errorText(err)); return; }
    const figure = (name, key) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, percent(c.a[key])), el("td", {}, percent(c.b[key])), el("td", {}, delta(c.b[key] - c.a[key])));
    await dialog({
      title: `Version ${c.a.number} and version ${c.b.number}`, yes: "Close", plain: true, wide: true, text: "By rows that were held out of each one’s training.",
      content: el("div", { class: "label-compare" }, el("table", { class: "office-table" }, el("thead", {}, el("tr", {}, ["", `Version ${c.a.number}`, `Version ${c.b.number}`, ""].map((t) => el("th", { scope: "col" }, t)))),
        el("tbody", {}, figure("Accuracy", "accuracy"), figure("Macro F1", "macro_f1"), figure("Get a label", "coverage"), figure("Right, of these", "accuracy_at_coverage"),
          c.labels.map((l) => el("tr", {}, el("th", { scope: "row", dir: "auto" }, l.label, " ", el("span", { class: "soft small" }, "F1")), el("td", {}, l.support_a ? percent(l.a) : "–"), el("td", {}, l.support_b ? percent(l.b) : "–"), el("td", {}, delta(l.b - l.a))))))),
      onSubmit: () => true,
    });
  }
  const delta = (d) => el("span", { class: `delta${d > 0.0005 ? " up" : d < -0.0005 ? " down" : ""}` }, `${d > 0 ? "+" : d < 0 ? "−" : ""}${(Math.abs(d) * 100).toFixed(1)}`);

  function versionMenu(v, button) {
    const m = model(), active = find(m.active);
    const items = [];
    if (v.state === "ready" && m.active !== v.id) {
      items.push({ label: "Let it label", hint: "From now on, at once", run: () => attempt(() => onVersion(v, "activate"), `Version ${v.number} labels now.`) });
      items.push(m.shadow === v.id ? { label: "End the shadow", run: () => attempt(() => onScope("unshadow")) }
        : { label: "Run in the shadow", hint: "It predicts, and sets nothing", run: () => attempt(() => onVersion(v, "shadow"), `Version ${v.number} predicts in the shadow.`) });
    }
    if (active && active.id !== v.id && v.rows) items.push({ label: `Compare with version ${active.number}`, run: () => compare(v, active) });
    if (v.state === "ready") items.push({ label: "Retire…", danger: true, run: async () => {
      if (await ask({ title: `Retire version ${v.number}?`, text: m.active === v.id ? "It stops labelling, and can’t come back. New tickets get no label until another version does it." : "It can’t come back.", yes: "Retire", danger: true })) attempt(() => onVersion(v, "retire"));
    } });
    if (m.active !== v.id && m.shadow !== v.id) items.push({ label: "Delete…", danger: true, run: async () => {
      if (await ask({ title: `Delete version ${v.number}?`, text: "The model and its report go. What it said on tickets stays.", yes: "Delete", danger: true })) attempt(() => onVersion(v, "delete"));
    } });
    menu(button, `Version ${v.number}`, items);
  }

  function versionRow(v) {
    const m = model(), live = v.live;
    const more = iconButton("more", `More on version ${v.number}`, () => versionMenu(v, more), { "aria-haspopup": "menu", "aria-expanded": "false" });
    const pill = m.active === v.id ? el("span", { class: "pill good" }, "Labels") : m.shadow === v.id ? el("span", { class: "pill shadow" }, "In the shadow") : v.state !== "ready" ? el("span", { class: `pill${v.state === "failed" ? " bad" : ""}` }, v.state === "training" ? el("span", { class: "spin", "aria-hidden": "true" }) : null, stateText[v.state]) : null;
    const heard = m.shadow === v.id || (!live.seen && live.shadow_seen)
      ? live.shadow_seen ? `${percent(live.agreement)} agree · ${live.shadow_settled ? kept(live.shadow_settled - (live.shadow_wrong || 0), live.shadow_settled) : "none closed"}` : "Nothing yet"
      : live.settled ? kept(live.settled - (live.corrected || 0), live.settled) : live.seen ? `${live.seen} seen, none closed` : "–";
    return el("tr", { class: `${v.id === shown ? "on" : ""}${v.state === "retired" || v.state === "failed" ? " off" : ""}` },
      el("td", {}, v.rows ? el("button", { type: "button", class: "text-button version-name", onclick: () => { shown = v.id; load(); } }, `Version ${v.number}`) : el("span", { class: "version-name" }, `Version ${v.number}`), " ", pill,
        v.marked ? el("span", { class: "pill warn", title: "Somebody whose tickets it learned from was erased" }, "Train again") : null, v.error ? el("p", { class: "danger-text small" }, v.error[0].toUpperCase() + v.error.slice(1)) : null),
      el("td", { "data-label": "Trained" }, v.trained ? `${dayText(v.trained)}, ${timeText(v.trained)}` : dayText(v.created)),
      el("td", { "data-label": "Rows" }, v.rows ? [`${v.rows} `, el("span", { class: "soft" }, [v.from_uploaded ? "uploaded" : "", v.from_tickets ? "tickets" : ""].filter(Boolean).join(", "))] : "–"),
      el("td", { "data-label": "Accuracy" }, v.rows ? percent(v.accuracy) : "–"), el("td", { "data-label": "Get a label" }, v.rows ? percent(v.coverage) : "–"),
      el("td", { "data-label": "Live" }, heard), el("td", {}, v.state === "training" ? null : more));
  }

  function plan() {
    const m = model(), days = m.plan && m.plan.every ? Math.round(m.plan.every / 86400e9) : 0;
    const every = el("select", { class: "control", "aria-label": "Train again" }, [[0, "Only when asked"], [1, "Every day"], [7, "Every week"], [30, "Every 30 days"]].map(([v, text]) => el("option", { value: v, selected: v === days }, text)));
    every.addEventListener("change", () => attempt(() => onScope("plan", { days: Number(every.value), adopt: "better" }), "Saved."));
    return el("label", { class: "label-plan" }, el("span", { class: "soft small" }, "Trains again"), every, days ? el("span", { class: "soft small" }, "and labels if it is better") : null);
  }

  function versionsTable() {
    const m = model();
    return el("section", { class: "label-part", "aria-labelledby": "versions-title" }, el("header", { class: "label-part-head" }, el("h3", { id: "versions-title" }, "Versions"), plan(),
      m.before && find(m.before) ? el("button", { type: "button", class: "button small", onclick: () => attempt(() => onScope("rollback"), `Version ${find(m.before).number} labels again.`) }, icon("back"), `Roll back to version ${find(m.before).number}`) : null),
    el("table", { class: "office-table label-versions" }, el("thead", {}, el("tr", {}, ["Version", "Trained", "Rows", "Accuracy", "Get a label", `Kept by people, ${got.days} days`, ""].map((t) => el("th", { scope: "col" }, t)))), el("tbody", {}, got.versions.map(versionRow))));
  }

  function view() {
    const m = model();
    if (!got.versions.length) {
      return el("div", { class: "label-empty" }, icon("tag"), el("h3", {}, "No model yet"), el("p", { class: "soft" }, "Train one by the tickets that you have closed, or by a file of texts and labels. Ten of a label are the least; fifty make it good."),
        el("button", { type: "button", class: "button primary", onclick: train }, icon("bolt"), "Train the first one"));
    }
    const alerts = got.alerts.filter((a) => a.version === m.active);
    return [
      alerts.map((a) => el("p", { class: "label-alert", role: "status" }, icon("alert"), el("span", {}, (driftText[a.what] || (() => a.what))(a), " ", el("span", { class: "soft" }, `Since ${dayText(a.since)}. Training again may help.`)))),
      report && report.report ? reportOf(report, { active: m.active === shown, shadow: m.shadow === shown, since: m.since, days: got.days,
        onThresholds: (thresholds) => attempt(() => onVersion(report.version, "thresholds", { thresholds }), "It counts from now on.") }) : null,
      versionsTable(),
    ];
  }

  function render() {
    trainButton.hidden = scopes.hidden = !got;
    if (!got) return;
    const all = [{}, ...got.models, at].filter((c, i, list) => list.findIndex((o) => same(o, c)) === i).map(whole);
    remake(scopes, JSON.stringify([all, at]), () => [...all.map((c) => el("option", { value: JSON.stringify(c), selected: same(c, at) }, scopeText(c))), el("option", { value: "null" }, "Some tickets…")]);
    remake(content, JSON.stringify([got, report, shown]), view);
  }
  return { node, load, render };
}
