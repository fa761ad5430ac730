// Reports of the help center: what is read, what doesn't help, what is old, what isn't
// translated, what was searched for in vain.

import { el, icon, remake } from "./dom.js";
import { call, errorText } from "./api.js";
import { changed } from "./base.js";
import { dayText } from "./dates.js";
import { toast } from "./overlay.js";
import { count, helpHref, opinion, sectionName } from "./helptext.js";
import { languageName } from "./prose.js";

const kinds = {
  viewed: ["Most read", "What readers open most."],
  unhelpful: ["Unhelpful", "By the share of readers who didn’t find it helpful; a few votes weigh little."],
  missing: ["Not translated", "Published, and not in every language in which the app is offered."],
  stale: ["Out of date", "Published texts that nobody has touched for long, the most read first."],
  gaps: ["Searched in vain", "What readers looked for, and no article fitted. Write one, or add their words as keywords."],
  deflection: ["Kept from writing", "Views after which the reader didn’t write within half an hour."],
};
const spans = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"], ["365", "a year"]];
const ages = [["30", "a month"], ["90", "three months"], ["180", "half a year"], ["365", "a year"]];

export function createReports(write) {
  let kind = "viewed", tree = null, got = null, days = "180", span = "30", language = "", run = 0;
  const voices = new Map(); // by article, what readers miss
  const tabs = el("ul", { class: "report-tabs" });
  const text = el("p", { class: "soft" });
  const age = el("select", { class: "control", "aria-label": "For how long", onchange: () => { days = age.value; load(); } }, ages.map(([v, name]) => el("option", { value: v, selected: v === days }, `Not changed for ${name}`)));
  const lang = el("select", { class: "control", "aria-label": "Language", onchange: () => { language = lang.value; load(); } });
  const last = el("select", { class: "control", "aria-label": "Of which days", onchange: () => { span = last.value; load(); } }, spans.map(([v, name]) => el("option", { value: v, selected: v === span }, `The last ${name.replace("a year", "year")}`)));
  const content = el("div", { "aria-live": "polite" });
  const more = el("button", { type: "button", class: "button more", hidden: true, onclick: () => load(true) }, "Show more");
  const node = el("div", { class: "help-reports" }, el("nav", { "aria-label": "Reports" }, tabs), el("div", { class: "report-head" }, text, age, lang, last), content, more);

  async function load(onward) {
    const asked = ++run, what = kind;
    const query = new URLSearchParams({ ...(onward && got.next ? { after: got.next } : {}), ...(what === "stale" ? { days } : {}), ...(what === "missing" && language ? { language } : {}) });
    try {
      if (what === "deflection") {
        const rows = await call("GET", `office/help/deflection?days=${span}`);
        if (asked === run) { got = { kind: what, rows: rows.views ? [rows] : [], next: "" }; changed(); }
        return;
      }
      const page = await call("GET", `office/help/${what === "gaps" ? "gaps" : `reports/${what}`}?${query}`);
      if (asked !== run) return;
      const rows = page.gaps || page.articles;
      got = { kind: what, rows: onward ? [...got.rows, ...rows] : rows, next: page.next };
      if (what === "unhelpful") rows.forEach((r) => listen(r.id));
    } catch (err) { if (asked === run) toast(errorText(err)); }
    changed();
  }

  async function listen(id) {
    try { voices.set(id, (await call("GET", `office/help/articles/${encodeURIComponent(id)}/comments`)).comments); } catch { return; }
    changed();
  }

  const title = (r) => el("a", { class: "help-title", dir: "auto", href: helpHref("a", r.id, r.language || tree.languages[0]) }, r.title || "Untitled");
  const section = (r) => sectionName(tree.sections.find((s) => s.id === r.section), tree.languages);
  const table = (heads, rows) => el("table", { class: "office-table" }, el("thead", {}, el("tr", {}, heads.map((t) => el("th", { scope: "col" }, t)))), el("tbody", {}, rows));
  const cells = (r, ...rest) => el("tr", {}, el("td", {}, el("span", { class: "report-title" }, title(r), el("small", { class: "soft" }, section(r)))), rest);
  const cell = (label, ...what) => el("td", { "data-label": label }, what);

  function voice(r) {
    const said = voices.get(r.id) || [];
    return said.length ? el("ul", { class: "report-voices" }, said.slice(0, 3).map((c) => el("li", { dir: "auto" }, c.text))) : null;
  }

  const shows = {
    viewed: (rows) => table(["Article", "Views", "Helpful"], rows.map((r) => cells(r, cell("Views", Number(r.figures.views).toLocaleString()), cell("Helpful", opinion(r.figures))))),
    unhelpful: (rows) => table(["Article", "Helpful", "What readers miss"], rows.map((r) => cells(r, cell("Helpful", opinion(r.figures), el("small", { class: "soft report-no" }, `${count(r.figures.unhelpful, "reader")} said no`)), cell("What readers miss", voice(r) || el("span", { class: "soft" }, "No comment"))))),
    missing: (rows) => table(["Article", "Missing in", "Views"], rows.map((r) => cells(r, cell("Missing in", el("span", { class: "chips" }, r.missing.map((l) => el("a", { class: "tag report-lang", href: helpHref("a", r.id, l), "aria-label": `Translate “${r.title}” into ${languageName(l)}` }, icon("plus"), languageName(l))))), cell("Views", Number(r.figures.views).toLocaleString())))),
    stale: (rows) => table(["Article", "Last written", "Views"], rows.map((r) => cells(r, cell("Last written", dayText(r.written)), cell("Views", Number(r.figures.views).toLocaleString())))),
    gaps: (rows) => table(["Searched for", "How often", "Last", ""], rows.map((g) => el("tr", {}, el("td", {}, el("q", { class: "report-gap", dir: "auto" }, g.text)), cell("How often", String(g.count)), cell("Last", dayText(g.last)), el("td", {}, el("button", { type: "button", class: "button small", "aria-label": `Write an article on “${g.text}”`, onclick: () => write(g.text) }, icon("write"), "Write an article"))))),
  };

  // The days as bars, and in words for who doesn't see them.
  function deflection([r]) {
    const top = Math.max(1, ...r.days.map((d) => d.views));
    const bar = (d) => {
      const all = el("span", { class: "day-all" }, el("span", { class: "day-kept" }));
      all.style.blockSize = `${(d.views / top) * 100}%`;
      all.firstChild.style.blockSize = `${(d.deflected / d.views) * 100}%`;
      return el("li", { title: `${dayText(d.day)}: ${d.deflected} of ${count(d.views, "view")}` }, all, el("span", { class: "hidden-text" }, `${dayText(d.day)}: ${d.deflected} of ${count(d.views, "view")}`));
    };
    return el("div", { class: "deflection" }, el("p", { class: "deflection-share" }, el("strong", {}, `${Math.round(r.share * 100)}%`), el("span", {}, `${Number(r.deflected).toLocaleString()} of ${count(r.views, "view")}`)),
      el("ol", { class: "day-bars", "aria-label": "By day" }, r.days.map(bar)));
  }
  shows.deflection = deflection;

  const empty = { deflection: "Nothing to count yet: a view counts half an hour after it.", viewed: "Nothing was read yet.", unhelpful: "No reader has found an article unhelpful.", missing: "Everything is translated.", stale: "Every text was changed since.", gaps: "No search was in vain." };

  function render(now, sub) {
    tree = now;
    const next = kinds[sub] ? sub : "viewed";
    if (next !== kind || !got) {
      kind = next;
      if (!got || got.kind !== kind) { got = { kind, rows: null, next: "" }; load(); }
    }
    remake(tabs, kind, () => Object.entries(kinds).map(([id, [name]]) => el("li", {}, el("a", { class: "report-tab", href: helpHref("reports", id), "aria-current": id === kind ? "page" : undefined }, name))));
    text.textContent = kinds[kind][1];
    age.hidden = kind !== "stale";
    lang.hidden = kind !== "missing";
    last.hidden = kind !== "deflection";
    remake(lang, JSON.stringify(tree.languages), () => [el("option", { value: "" }, "Every language"), ...tree.languages.map((l) => el("option", { value: l, selected: l === language }, languageName(l)))]);
    more.hidden = !got.next;
    remake(content, JSON.stringify([got, tree.sections, [...voices]]), () => (got.rows === null ? el("p", { class: "empty-line" }, "Loading…") : got.rows.length ? shows[kind](got.rows) : el("div", { class: "empty-rules" }, icon("done"), el("p", {}, empty[kind]))));
  }
  return { node, render, enter: () => { got = null; } };
}
