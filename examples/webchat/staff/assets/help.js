// The help center in the office: its sections and articles in their order. Reports, the
// way in and out, and the article at hand have files of their own.

import { el, icon, iconButton, remake } from "./dom.js";
import { call, errorText, Refusal } from "./api.js";
import { bus, changed } from "./base.js";
import { state } from "./store.js";
import { go } from "./router.js";
import { ask, dialog, labelled, menu, toast } from "./overlay.js";
import { createEditor } from "./helpeditor.js";
import { createReports } from "./helpreports.js";
import { createTransfer } from "./helptransfer.js";
import { audienceText, count, helpHref, inLanguage, mark, opinion, platformText, sectionName, standing, titleOf } from "./helptext.js";
import { languageName } from "./prose.js";

const path = (kind, id, act = "") => `office/help/${kind}/${encodeURIComponent(id)}${act}`;
const pick = (label, options, value, onchange) => el("select", { class: "control", "aria-label": label, onchange }, options.map(([v, text]) => el("option", { value: v, selected: v === value }, text)));

const filters = [["", "All articles"], ["draft", "With drafts"], ["scheduled", "Scheduled"], ["published", "Published"], ["archived", "Archived"]];

// fits says whether an article is among those that are asked for.
function fits(a, { status, language, words }, got) {
  if ((status === "archived") !== !!a.archived) return false;
  const hows = (a.translations || []).map(standing);
  if (status === "draft" && !hows.some((h) => h === "draft" || h === "ahead")) return false;
  if (status === "scheduled" && !(a.translations || []).some((t) => t.publish_at || t.unpublish_at)) return false;
  if (status === "published" && !(a.translations || []).some((t) => t.version)) return false;
  if (language && inLanguage(a, language)?.version) return false;
  const text = [titleOf(a, got.languages), ...(a.translations || []).flatMap((t) => [t.title, t.draft_title]), ...(a.tags || [])].join("\n").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((w) => text.includes(w));
}

// editSection asks for the names of a section.
function editSection(got, load, s) {
  const inputs = got.languages.map((language) => [language, Object.assign(el("input", { type: "text", class: "control", maxlength: "255", dir: "auto", lang: language, "aria-label": `Name in ${languageName(language)}` }),
    { value: (s?.names.find((n) => n.language === language) || { text: "" }).text })]);
  const archived = el("input", { type: "checkbox", checked: !!s?.archived });
  return dialog({
    title: s ? sectionName(s, got.languages) : "New section", yes: "Save",
    content: [inputs.map(([language, node]) => labelled(languageName(language), node)),
      s ? el("label", { class: "check" }, archived, "Archived: nobody is shown it, nor its articles") : null],
    async onSubmit() {
      const others = (s?.names || []).filter((n) => !got.languages.includes(n.language));
      const names = [...others, ...inputs.map(([language, node]) => ({ language, text: node.value.trim() })).filter((n) => n.text)];
      await call("POST", "office/help/sections", { id: s?.id || "", revision: s?.revision || 0, external: s?.external, names, archived: archived.checked });
      await load();
    },
  });
}

// newArticle asks for a title, and opens the article.
function newArticle(got, load, section, text = "") {
  const title = Object.assign(el("input", { type: "text", class: "control", maxlength: "255", dir: "auto", "aria-label": "Title", placeholder: "How do I …?" }), { value: text });
  const own = got.languages[0];
  const where = pick("Section", got.sections.map((s) => [s.id, sectionName(s, got.languages)]), section || got.sections[0]?.id);
  return dialog({
    title: "New article", yes: "Write it", text: `Begin in ${languageName(own)}; translations come afterwards.`, content: [labelled("Title", title, "As readers would ask."), labelled("Section", where)],
    async onSubmit() {
      const asked = title.value.trim();
      if (!asked) { title.focus(); throw new Refusal("Write a title: it is what readers look for."); }
      const a = await call("POST", "office/help/articles", { section: where.value });
      await call("POST", path("articles", a.id, "/text/save"), { language: own, title: asked, body: "" });
      await load();
      go(helpHref("a", a.id, own));
    },
  });
}

function createTree(load) {
  const filter = { status: "", language: "", words: "" };
  const words = el("input", { type: "search", class: "control help-find", placeholder: "Find an article", "aria-label": "Find an article", oninput: () => { filter.words = words.value; changed(); } });
  const status = pick("Which articles", filters, "", () => { filter.status = status.value; changed(); });
  const language = el("select", { class: "control", "aria-label": "What needs a translation", onchange: () => { filter.language = language.value; changed(); } });
  const list = el("div", { class: "help-sections" });
  const told = el("p", { class: "hidden-text", role: "status" });
  const node = el("div", {}, el("div", { class: "help-bar" }, words, status, language), told, list);
  const open = new Set(); // sections of which all is shown
  let got = null, dragged = null;

  async function attempt(work, done) {
    try { await work(); } catch (err) { toast(errorText(err)); }
    await load();
    done?.();
  }

  const name = (a) => titleOf(a, got.languages);
  const within = (section) => got.articles.filter((a) => a.section === section && !a.archived);
  const press = (label) => list.querySelector(`[aria-label="${CSS.escape(label)}"]`);

  function say(text) { told.textContent = ""; setTimeout(() => { told.textContent = text; }, 50); }

  // shift puts an article one place up or down among those that can be seen.
  function shift(a, by) {
    const all = within(a.section), i = all.findIndex((x) => x.id === a.id);
    if (!all[i + by]) return;
    const before = by < 0 ? all[i - 1].id : all[i + 2]?.id || "";
    attempt(() => call("POST", path("articles", a.id, "/move"), { section: a.section, before }), () => {
      say(`${name(a)} is number ${i + by + 1} now.`);
      (press(`Move ${name(a)} ${by < 0 ? "up" : "down"}`) || press(`More on ${name(a)}`))?.focus();
    });
  }

  function shiftSection(i, by) {
    const s = got.sections[i], before = by < 0 ? got.sections[i - 1].id : got.sections[i + 2]?.id || "";
    attempt(() => call("POST", path("sections", s.id, "/move"), { before }), () => press(`More on ${sectionName(s, got.languages)}`)?.focus());
  }

  function drop(section, before) {
    const a = dragged;
    dragged = null;
    if (!a || a.id === before) return;
    attempt(() => call("POST", path("articles", a.id, "/move"), { section, before }));
  }

  // onto makes a node a place where an article can be let go.
  const onto = (section, before) => ({
    ondragover: (e) => { if (!dragged) return; e.preventDefault(); e.stopPropagation(); e.currentTarget.classList.add("drop-here"); },
    ondragleave: (e) => e.currentTarget.classList.remove("drop-here"),
    ondrop: (e) => { e.preventDefault(); e.stopPropagation(); e.currentTarget.classList.remove("drop-here"); drop(section, before); },
  });

  function moveTo(a) {
    const where = pick("Section", got.sections.filter((s) => s.id !== a.section).map((s) => [s.id, sectionName(s, got.languages)]), "");
    return dialog({ title: `Move “${name(a)}”`, yes: "Move", content: labelled("To the end of", where),
      onSubmit: async () => { await call("POST", path("articles", a.id, "/move"), { section: where.value, before: "" }); await load(); } });
  }

  const archive = (a) => attempt(() => call("POST", "office/help/articles", { ...a, archived: !a.archived }));

  async function remove(a) {
    const yes = await ask({ title: `Delete “${name(a)}”?`, text: "It goes for good, in all languages and with its versions. To hide it only, archive it.", yes: "Delete article", danger: true });
    if (yes) attempt(() => call("DELETE", path("articles", a.id)));
  }

  function articleMenu(a, up, down) {
    const button = iconButton("more", `More on ${name(a)}`, () => menu(button, name(a), [
      up ? { label: "Move up", run: () => shift(a, -1) } : null,
      down ? { label: "Move down", run: () => shift(a, 1) } : null,
      got.sections.length > 1 ? { label: "Move to another section…", run: () => moveTo(a) } : null,
      { label: "Copy", hint: "With its drafts, and nothing of it published", run: () => attempt(() => call("POST", path("articles", a.id, "/copy"), { section: a.section })) },
      { label: a.archived ? "Bring back" : "Archive", hint: a.archived ? "" : "Nobody is shown it any more", run: () => archive(a) },
      { label: "Delete…", danger: true, run: () => remove(a) },
    ].filter(Boolean)), { "aria-haspopup": "menu", "aria-expanded": "false" });
    return button;
  }

  const pills = (a) => [a.audience ? el("span", { class: `pill audience-${a.audience}` }, audienceText[a.audience]) : null, (a.platforms || []).length ? el("span", { class: "pill" }, a.platforms.map(platformText).join(", ")) : null];

  function articleRow(a, i, all) {
    const link = el("a", { class: "help-title", href: helpHref("a", a.id, got.languages.find((l) => inLanguage(a, l)) || got.languages[0]), dir: "auto", draggable: "false",
      "aria-keyshortcuts": "Alt+ArrowUp Alt+ArrowDown", onkeydown: (e) => { if (e.altKey && ["ArrowUp", "ArrowDown"].includes(e.key)) { e.preventDefault(); shift(a, e.key === "ArrowUp" ? -1 : 1); } } }, name(a));
    const free = !filter.status && !filter.language && !filter.words; // the order that is seen is the order that is
    const up = free && i > 0, down = free && i < all.length - 1;
    return el("li", { class: "help-row", draggable: free ? "true" : undefined, "data-article": a.id, ondragstart: (e) => { dragged = a; e.dataTransfer.effectAllowed = "move"; e.dataTransfer.setData("text/plain", name(a)); }, ondragend: () => { dragged = null; changed(); }, ...onto(a.section, a.id) },
      el("div", { class: "help-row-text" }, el("span", { class: "help-row-title" }, link, pills(a)), el("span", { class: "help-marks" }, got.languages.map((l) => mark(a, l)), (a.tags || []).map((t) => el("span", { class: "tag", dir: "auto" }, t)))),
      el("div", { class: "help-row-figures" }, el("span", { class: "soft" }, count(a.figures.views, "view")), opinion(a.figures)),
      el("span", { class: "rule-acts" }, up ? iconButton("back", `Move ${name(a)} up`, () => shift(a, -1), { class: "icon-button policy-up help-step" }) : null,
        down ? iconButton("down", `Move ${name(a)} down`, () => shift(a, 1), { class: "icon-button help-step" }) : null, articleMenu(a, up, down)));
  }

  function sectionMenu(s, i) {
    const text = sectionName(s, got.languages);
    const button = iconButton("more", `More on ${text}`, () => menu(button, text, [
      { label: "Change…", hint: "Names, and whether it is shown", run: () => editSection(got, load, s) },
      i ? { label: "Move up", run: () => shiftSection(i, -1) } : null,
      i < got.sections.length - 1 ? { label: "Move down", run: () => shiftSection(i, 1) } : null,
      { label: "Delete…", danger: true, run: () => attempt(() => call("DELETE", path("sections", s.id))) },
    ].filter(Boolean)), { "aria-haspopup": "menu", "aria-expanded": "false" });
    return button;
  }

  function sectionCard(s, i) {
    const all = got.articles.filter((a) => a.section === s.id && fits(a, filter, got));
    const filtered = filter.status || filter.language || filter.words;
    if (!all.length && filtered) return null;
    const lacks = got.languages.filter((l) => !s.names.some((n) => n.language === l || !n.language));
    return el("section", { class: `help-section${s.archived ? " off" : ""}`, "aria-labelledby": `section-${s.id}` },
      el("header", { class: "help-section-head", ...onto(s.id, "") }, el("h3", { id: `section-${s.id}`, dir: "auto" }, sectionName(s, got.languages)), el("span", { class: "soft small" }, count(all.length, "article")),
        s.archived ? el("span", { class: "pill" }, "Archived") : null, lacks.length ? el("span", { class: "pill" }, `No name in ${lacks.map((l) => languageName(l)).join(", ")}`) : null, el("span", { class: "spring" }),
        el("button", { type: "button", class: "button quiet", onclick: () => newArticle(got, load, s.id) }, icon("plus"), "Article"), sectionMenu(s, i)),
      all.length ? el("ol", { class: "help-rows" }, (open.has(s.id) ? all : all.slice(0, atOnce)).map((a, i) => articleRow(a, i, all))) : el("p", { class: "help-none soft" }, "No article yet."),
      all.length > atOnce && !open.has(s.id) ? el("button", { type: "button", class: "button more", onclick: () => { open.add(s.id); changed(); } }, `Show all ${all.length.toLocaleString()}`) : null);
  }

  function none() {
    return el("div", { class: "empty-rules" }, icon("note"), got.sections.length ? [el("p", {}, "No article is like that."), el("p", { class: "soft" }, "Change what is looked for.")]
      : [el("p", {}, "The help center is empty."), el("p", { class: "soft" }, "Begin with a section. Readers find its articles in the chat before they write to you.")]);
  }

  function render(now) {
    got = now;
    remake(language, JSON.stringify(got.languages), () => [el("option", { value: "" }, "In all languages"), ...got.languages.map((l) => el("option", { value: l, selected: l === filter.language }, `Missing in ${languageName(l)}`))]);
    if (dragged) return; // what is under the pointer stays
    const at = list.contains(document.activeElement) && (document.activeElement.getAttribute("aria-label") || document.activeElement.getAttribute("href"));
    const anew = remake(list, JSON.stringify([got, filter, [...open]]), () => { const cards = got.sections.map(sectionCard).filter(Boolean); return [...(cards.length ? cards : [none()]), got.rest ? el("p", { class: "soft help-rest", role: "status" }, got.rest) : null]; });
    if (anew && at) list.querySelector(`[aria-label="${CSS.escape(at)}"], [href="${CSS.escape(at)}"]`)?.focus({ preventScroll: true });
  }
  return { node, render };
}

// How many articles of a section are shown at first, and how many the page reads.
const atOnce = 100, most = 10000;

// arranged is the help center with its articles in order, and all languages that they are in.
function arranged(head, articles, rest) {
  const order = (a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : a.id < b.id ? -1 : 1);
  const languages = [...new Set([...head.languages, ...articles.flatMap((a) => (a.translations || []).map((t) => t.language))])];
  return { ...head, own: head.languages, languages, articles: [...articles].sort(order), rest };
}

const places = [["articles", "Articles"], ["reports", "Reports"], ["transfer", "Import and export"]];

export function createHelp() {
  let got = null, shown = "", runs = 0, timer = 0, heads = false;
  const waiting = new Set(); // articles that have changed
  const articles = (query) => call("GET", `office/help/articles?${new URLSearchParams(query)}`);

  // load reads all there is, a page at a time; what was there before stays until it is read.
  async function load() {
    const run = ++runs, first = !got, all = [];
    try {
      const head = await call("GET", "office/help");
      for (const archived of ["", "1"]) {
        for (let after = "", more = true; more && all.length < most; more = !!after) {
          const page = await articles({ archived, after });
          if (run !== runs) return;
          all.push(...page.articles);
          after = page.next;
          if (first && after) { got = arranged(head, all, "Reading the others…"); changed(); }
        }
      }
      got = arranged(head, all, all.length < most ? "" : `These are the first ${most.toLocaleString()} articles.`);
    } catch (err) { toast(errorText(err)); }
    changed();
  }

  // refresh reads what colleagues have changed.
  async function refresh() {
    timer = 0;
    const ids = [...waiting], sections = heads;
    waiting.clear();
    heads = false;
    if (!got || ids.length > 50) { load(); return; }
    try {
      const run = runs, head = sections ? await call("GET", "office/help") : { ...got, languages: got.own };
      const fresh = ids.length ? (await articles(ids.map((id) => ["id", id]))).articles : [];
      if (run !== runs) return; // all is being read
      got = arranged(head, [...got.articles.filter((a) => !ids.includes(a.id)), ...fresh], got.rest);
      changed();
    } catch { /* the next change, or the next visit, brings it */ }
  }

  // Looks anew while the pane is before the eyes, at most once a second.
  function soon() {
    if (timer || !shown || state.route.office !== "help" || document.hidden || !(waiting.size || heads)) return;
    timer = setTimeout(refresh, 1000);
  }
  bus.on("help", (article) => { // null: whatever has happened
    if (article === null) { if (got) load(); return; }
    if (article) waiting.add(article); else heads = true;
    soon();
  });
  document.addEventListener("visibilitychange", soon);

  const tree = createTree(load), reports = createReports((text) => got && newArticle(got, load, "", text[0].toUpperCase() + text.slice(1))), editor = createEditor(load), transfer = createTransfer(load);
  const tabs = el("ul", { class: "segs help-tabs" });
  const acts = el("div", { class: "queue-acts" },
    el("button", { type: "button", class: "button", onclick: () => got && editSection(got, load) }, icon("plus"), "Section"),
    el("button", { type: "button", class: "button primary", onclick: () => got && newArticle(got, load) }, icon("plus"), "New article"));
  const head = el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "help-title" }, "Help center"), el("p", { class: "soft" }, "What readers find before they write to you, in their language.")), acts);
  const content = el("div", {});
  const node = el("section", { class: "help", "aria-labelledby": "help-title" }, head, el("nav", { "aria-label": "Help center" }, tabs), content);

  function render() {
    const [place = "articles", id, language] = state.route.sub || [];
    const known = place === "a" ? place : places.some(([p]) => p === place) ? place : "articles";
    head.hidden = tabs.hidden = known === "a";
    acts.hidden = known !== "articles";
    if (got) acts.lastChild.hidden = !got.sections.length;
    remake(tabs, known, () => places.map(([p, text]) => el("li", {}, el("a", { class: "seg", href: helpHref(p), "aria-current": p === known ? "page" : undefined }, text))));
    if (!got) return;
    soon();
    const now = known === "a" ? `a/${id}` : known;
    const fresh = shown !== now;
    shown = now;
    const part = { articles: tree, reports, transfer, a: editor }[known];
    if (fresh) {
      part.enter?.(got, id);
      node.closest(".office")?.scrollTo(0, 0);
    }
    part.render(got, known === "a" ? language : id);
    remake(content, now, () => part.node);
  }
  return { node, load, render };
}
