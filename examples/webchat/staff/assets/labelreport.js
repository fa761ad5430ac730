// How good a version is: its figures, each label, what it confuses, how sure it is, and what
// is wrong with its rows.

import { el, icon } from "./dom.js";
import { dayText } from "./dates.js";
import { ticketHref } from "./router.js";

// What isn't all, and isn't nothing, is told from that.
export const percent = (x) => { const n = Math.round(x * 100); return n === 100 && x < 1 ? ">99%" : n === 0 && x > 0 ? "<1%" : `${n}%`; };

// kept is how many labels people let stand: a share, where there are enough to tell one.
export const kept = (right, of) => (of >= 20 ? `${percent(right / of)} of ${of}` : `${right} of ${of}`);

function bar(share, text, kind = "") {
  const fill = el("span", { class: "share-fill" });
  fill.style.inlineSize = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return el("span", { class: `share ${kind}` }, el("span", { class: "share-bar", "aria-hidden": "true" }, fill), el("span", { class: "share-text" }, text ?? percent(share)));
}

function figure(name, value, hint, kind = "") {
  return el("div", { class: `label-figure ${kind}` }, el("dt", {}, name), el("dd", {}, value), hint ? el("p", { class: "soft small" }, hint) : null);
}

function head({ version, report, live }, { active, shadow, since, days }) {
  const what = active ? el("span", { class: "pill good" }, since ? `Labels since ${dayText(since).replace(/^(Today|Yesterday)$/, (d) => d.toLowerCase())}` : "Labels") : shadow ? el("span", { class: "pill shadow" }, "In the shadow") : el("span", { class: "pill" }, "Not in use");
  const kept = active || live.settled ? figure(`Kept by people, ${days} days`, live.settled ? live.settled >= 20 ? percent(live.accuracy) : `${live.settled - (live.corrected || 0)} of ${live.settled}` : "–", live.settled ? `closed tickets; ${live.corrected || 0} changed` : live.seen ? `${live.seen} labelled or left, none closed yet` : "no ticket yet", "live") : shadow
    ? figure("In the shadow", live.shadow_settled ? percent(live.shadow_accuracy) : "–", live.shadow_seen ? `agrees on ${percent(live.agreement)} of ${live.shadow_seen}` : "no ticket yet", "live") : null;
  return el("section", { class: "label-card", "aria-labelledby": "version-title" },
    el("header", { class: "label-card-head" }, el("h3", { id: "version-title" }, `Version ${version.number}`), what, el("span", { class: "spring" }),
      el("span", { class: "soft small" }, `${version.rows} rows${report.rows < version.rows ? `, judged by ${report.rows} of them` : ""}, ${version.labels.length} labels · ${Math.round(version.size / 1024)} KB`)),
    el("dl", { class: "label-figures" }, figure("Accuracy", percent(report.accuracy), "of its likeliest label, on rows it hadn’t seen"),
      figure("Get a label", percent(report.coverage), report.out_of_scope ? `and ${percent(report.refused || 0)} of what none fits get none` : "of rows, at its thresholds"),
      figure("Right, of these", percent(report.accuracy_at_coverage), `macro F1 ${percent(report.macro_f1)}`), figure("Off by", percent(report.ece), "what it says of its own certainty"), kept));
}

function labelTable({ version, report, live }, onThresholds) {
  const own = new Map((version.thresholds || []).map((t) => [t.label || "", t.least]));
  const heard = new Map((live.labels || []).map((l) => [l.label, l]));
  const save = (label, text) => {
    const next = new Map(own);
    if (text === "") next.delete(label); else next.set(label, Number(text) / 100);
    onThresholds([...next].map(([l, least]) => (l ? { label: l, least } : { least })));
  };
  const row = (l) => {
    const least = el("input", { type: "number", class: "control least", min: "0", max: "100", step: "1", placeholder: own.has("") ? String(Math.round(own.get("") * 100)) : "auto", "aria-label": `Least certainty for ${l.label}, in percent` });
    if (own.has(l.label)) least.value = String(Math.round(own.get(l.label) * 100));
    least.addEventListener("change", () => save(l.label, least.value));
    const now = heard.get(l.label);
    return el("tr", {}, el("th", { scope: "row", dir: "auto" }, l.label), el("td", { "data-label": "Rows" }, String(l.support)), el("td", { "data-label": "Precision" }, bar(l.precision)), el("td", { "data-label": "Recall" }, bar(l.recall)), el("td", { "data-label": "F1" }, percent(l.f1)),
      el("td", { "data-label": "Kept" }, now && now.settled ? kept(now.right || 0, now.settled) : "–"), el("td", { "data-label": "At least" }, least, " %"));
  };
  return el("section", { class: "label-part", "aria-labelledby": "label-title" }, el("header", { class: "label-part-head" }, el("h3", { id: "label-title" }, "Label by label"), el("span", { class: "soft small" }, "Precision: of tickets that get it, how many are right. Recall: of those it fits, how many get it.")),
    el("table", { class: "office-table label-table" }, el("thead", {}, el("tr", {}, ["Label", "Rows", "Precision", "Recall", "F1", "Kept by people", "At least"].map((t) => el("th", { scope: "col" }, t)))), el("tbody", {}, report.labels.filter((l) => l.support).map(row))));
}

const maxMatrix = 14;

// confusion is a matrix where there are few labels, and a list of the worst mix-ups else.
function confusion({ report }) {
  const labels = report.labels.map((l) => l.label), cells = new Map((report.confused || []).map((c) => [`${c.label}\n${c.said}`, c.rows]));
  const support = new Map(report.labels.map((l) => [l.label, l.support]));
  const title = el("header", { class: "label-part-head" }, el("h3", { id: "confused-title" }, "What it mixes up"), el("span", { class: "soft small" }, labels.length <= maxMatrix ? "Rows: what it is. Columns: what was said." : "The worst first"));
  if (labels.length > maxMatrix) {
    const worst = (report.confused || []).filter((c) => c.label !== c.said).sort((a, b) => b.rows - a.rows).slice(0, 12);
    return el("section", { class: "label-part", "aria-labelledby": "confused-title" }, title, el("ul", { class: "mix-ups" }, worst.map((c) => el("li", {}, el("b", {}, c.label), " taken for ", el("b", {}, c.said), el("span", { class: "soft" }, ` · ${c.rows} of ${support.get(c.label)}`)))));
  }
  const cell = (l, s) => {
    const n = cells.get(`${l}\n${s}`) || 0, share = n / (support.get(l) || 1);
    const node = el("td", { class: l === s ? "hit" : n ? "miss" : "zero", title: n ? `${n} of ${support.get(l)} ${l}: said ${s}` : undefined }, n ? String(n) : "");
    node.style.setProperty("--share", String(Math.round(Math.min(1, l === s ? share : share * 2.5) * 100)));
    return node;
  };
  return el("section", { class: "label-part", "aria-labelledby": "confused-title" }, title, el("div", { class: "matrix-box" }, el("table", { class: "mix" },
    el("thead", {}, el("tr", {}, el("td", {}), labels.map((s) => el("th", { scope: "col" }, el("span", { dir: "auto" }, s))))),
    el("tbody", {}, labels.filter((l) => support.get(l)).map((l) => el("tr", {}, el("th", { scope: "row", dir: "auto" }, l), labels.map((s) => cell(l, s))))))));
}

function calibration({ report }) {
  const columns = (report.bins || []).map((b) => {
    const said = el("span", { class: "cal-said" }), was = el("span", { class: "cal-was" });
    said.style.blockSize = `${b.confidence * 100}%`;
    was.style.blockSize = `${b.accuracy * 100}%`;
    return el("li", { title: `${b.rows} rows: said ${percent(b.confidence)}, right ${percent(b.accuracy)}` }, el("span", { class: "cal-bars", "aria-hidden": "true" }, was, said), el("span", { class: "cal-foot" }, `${Math.round(b.from * 100)}–${Math.round(b.to * 100)}`), el("span", { class: "hidden-text" }, `${b.rows} rows of which it is ${percent(b.confidence)} sure: ${percent(b.accuracy)} right`));
  });
  return el("section", { class: "label-part", "aria-labelledby": "sure-title" }, el("header", { class: "label-part-head" }, el("h3", { id: "sure-title" }, "How sure it is, and how right")), el("ol", { class: "cal" }, columns),
    el("p", { class: "soft small cal-key" }, el("span", { class: "key was" }), "right", el("span", { class: "key said" }), "what it says of itself: the line is where the bar should end"));
}

// thresholds lets one see what another threshold would do, before it counts.
function thresholds({ version, report }, onThresholds) {
  const all = (version.thresholds || []).find((t) => !t.label);
  const now = all ? Math.round(all.least * 100) : 50;
  const range = el("input", { type: "range", min: "0", max: "99", step: "5", value: String(Math.min(95, Math.round(now / 5) * 5)), class: "label-range", "aria-label": "Least certainty, in percent", "aria-describedby": "range-says" });
  const says = el("p", { class: "range-says", id: "range-says", role: "status" });
  const go = el("button", { type: "button", class: "button", onclick: () => onThresholds([...(version.thresholds || []).filter((t) => t.label), { least: Number(range.value) / 100 }]) }, "Use it");
  const show = () => {
    const p = report.curve.reduce((best, c) => (Math.abs(c.threshold * 100 - range.value) < Math.abs(best.threshold * 100 - range.value) ? c : best));
    says.replaceChildren("At least ", el("b", {}, `${range.value}%`), " sure: ", el("b", {}, percent(p.coverage)), " of tickets get a label, ", el("b", {}, percent(p.accuracy)), " of them right", ...(report.out_of_scope ? ["; of what no label fits, ", el("b", {}, percent(p.refused || 0)), " get none"] : []), ".");
    go.disabled = all ? Number(range.value) === now : false;
  };
  range.addEventListener("input", show);
  const node = el("section", { class: "label-part", "aria-labelledby": "range-title" }, el("header", { class: "label-part-head" }, el("h3", { id: "range-title" }, "How sure it has to be")), range, says, go);
  const p = report.curve[0];
  if (p) show();
  return node;
}

const findingText = {
  too_few: (f) => [el("b", { dir: "auto" }, f.label), ` has ${f.count} ${f.count === 1 ? "row" : "rows"}: ten are the least. It was left out.`],
  few: (f) => [el("b", { dir: "auto" }, f.label), ` has ${f.count} rows: fifty make it better.`],
  one_label: () => ["There are fewer than two labels."],
  empty_text: (f) => [`${f.count} ${f.count === 1 ? "row" : "rows"} of `, el("b", { dir: "auto" }, f.label || "no label"), " have no words."],
  like_labels: (f) => [el("b", { dir: "auto" }, f.label), " and ", el("b", { dir: "auto" }, f.other), " differ in case or spaces alone."],
  near_duplicate: (f) => ["The same is labelled ", el("b", { dir: "auto" }, f.label), " and ", el("b", { dir: "auto" }, f.other), "."],
  mislabelled: (f) => ["Labelled ", el("b", { dir: "auto" }, f.label), ", rather ", el("b", { dir: "auto" }, f.other), ` (${percent(f.sure)}).`],
};

function lint({ findings }) {
  if (!findings.length) return null;
  const place = (p) => el("q", { dir: "auto", class: "place" }, p.ticket ? el("a", { href: ticketHref(p.ticket) }, `#${p.number} ${p.text}`) : p.text, p.row ? el("span", { class: "soft small" }, ` row ${p.row}`) : null);
  const items = findings.map((f) => el("li", { class: f.error ? "bad" : "" }, icon(f.error ? "alert" : "info"), el("div", {}, el("span", {}, (findingText[f.kind] || (() => [f.kind]))(f)), (f.places || []).map(place))));
  const few = 6;
  return el("section", { class: "label-part", "aria-labelledby": "lint-title" }, el("header", { class: "label-part-head" }, el("h3", { id: "lint-title" }, "Look at these rows"), el("span", { class: "soft small" }, `${findings.length} ${findings.length === 1 ? "finding" : "findings"}`)),
    el("ul", { class: "findings" }, items.slice(0, few)), items.length > few ? el("details", { class: "more-findings" }, el("summary", {}, `${items.length - few} more`), el("ul", { class: "findings" }, items.slice(few))) : null);
}

export function reportOf(got, how) {
  return el("div", { class: "label-report" }, head(got, how), el("div", { class: "label-pair" }, calibration(got), thresholds(got, how.onThresholds)), labelTable(got, how.onThresholds), confusion(got), lint(got));
}
