// An article at hand: a tab for each language, its text with a live preview, and what
// readers get of it. What was typed and not saved survives a reload.

import { el, icon, iconButton, remake } from "./dom.js";
import { changed, storage, storeKey } from "./base.js";
import { call, errorText, Refusal } from "./api.js";
import { relative } from "./dates.js";
import { state } from "./store.js";
import { go } from "./router.js";
import { dialog, labelled, toast } from "./overlay.js";
import { chips } from "./rulewhen.js";
import { directionOf, languageName, prose } from "./prose.js";
import { differences, helpHref, inLanguage, standing, standingText, titleOf } from "./helptext.js";
import { createSide, scheduleDialog } from "./helpside.js";

const same = (a, b) => a.title === b.title && a.body === b.body && a.format === b.format && a.keywords.join("\n") === b.keywords.join("\n");
const contentOf = (d) => ({ title: d.title, body: d.body, format: d.format || "markdown", keywords: d.keywords || [] });
const nothing = { language: "", title: "", body: "", format: "markdown", keywords: [], revision: 0 };

// tools write Markdown around what is selected, or before the lines of it.
const tools = [
  ["Bold", "B", (s) => [`**${s || "bold"}**`, 2]], ["Italic", "I", (s) => [`*${s || "italic"}*`, 1]],
  ["Heading", "H", (s) => [`## ${s || "Heading"}`, 3]], ["List", "•", (s) => [(s || "First").split("\n").map((l) => `- ${l}`).join("\n"), 2]],
  ["Numbered list", "1.", (s) => [(s || "First").split("\n").map((l, i) => `${i + 1}. ${l}`).join("\n"), 3]],
  ["Link", "Link", (s) => [`[${s || "text"}](https://)`, 1]], ["Table", "Table", () => ["| One | Two |\n| --- | --- |\n| 1 | 2 |", 2]],
];

// canonical is the one spelling of a language tag, which the desk has, too.
function canonical(tag) {
  try { return Intl.getCanonicalLocales(tag)[0]; } catch { return tag; }
}

export function createEditor(loadTree) {
  let id = null, got = null, tree = null, language = "", base = nothing, run = 0, previewRun = 0, previewTimer = 0, words = null, stale = null;
  let view = matchMedia("(min-width: 1240px)").matches ? "both" : "write";
  const title = el("input", { type: "text", class: "control help-name", maxlength: "255", "aria-label": "Title", placeholder: "Title, as readers would ask", oninput: typed });
  const body = el("textarea", { class: "control help-body", "aria-label": "Text", spellcheck: "true", oninput: typed, onkeydown: keys });
  const keywords = el("div", { class: "help-keywords" });
  const bar = el("div", { class: "help-tools", role: "toolbar", "aria-label": "Format" }, tools.map(([name, face, write]) => el("button", { type: "button", class: "seg", title: name, "aria-label": name, onclick: () => wrap(write) }, face)),
    el("span", { class: "spring" }));
  const views = el("span", { class: "segs", role: "group", "aria-label": "What is shown" }, [["write", "Write"], ["both", "Both"], ["read", "Preview"]].map(([v, text]) => el("button", { type: "button", class: "seg", "data-view": v, onclick: () => { view = v; paintView(); preview(); } }, text)));
  bar.append(views);
  const shownTitle = el("h2", { class: "prose-title" }), shown = el("div", { class: "prose" });
  const reading = el("article", { class: "help-preview", "aria-label": "Preview", tabindex: "0" }, shownTitle, shown);
  const banner = el("div", { class: "help-banner", role: "alert", hidden: true });
  const told = el("span", { class: "help-told soft", role: "status" });
  const save = el("button", { type: "button", class: "button", onclick: () => write("save") }, "Save draft");
  const publish = el("button", { type: "button", class: "button primary", onclick: () => write("publish") }, "Publish");
  const later = iconButton("clock", "Schedule…", schedule, { class: "icon-button button" });
  const foot = el("footer", { class: "help-foot" }, told, el("span", { class: "spring" }), save, later, publish);
  const panes = el("div", { class: "help-panes" }, el("div", { class: "help-write" }, body), reading);
  const tabs = el("div", { class: "lang-tabs", role: "tablist", "aria-label": "Languages", onkeydown: tabKeys });
  const heading = el("h2", { id: "article-title", dir: "auto" });
  const langBar = el("div", { class: "lang-bar" }, tabs, iconButton("plus", "Another language", otherLanguage));
  const side = createSide({ onArticle: took, current: () => ({ got, tree, language, base, own: contentOf(mine()) }), reload: (then) => fetchIt(then), refused: refusedSide, restored: () => { storage.remove(key()); fetchIt(() => open(language, true)); } });
  const panel = el("div", { class: "help-text", role: "tabpanel", id: "lang-panel" }, banner, title, bar, panes, labelled("Words that readers use and the text doesn’t", keywords, "They are searched, and not shown."), foot);
  const node = el("div", { class: "help-editor", "aria-labelledby": "article-title" },
    el("header", { class: "help-top" }, el("a", { class: "icon-button", href: helpHref("articles"), "aria-label": "All articles", title: "All articles" }, icon("back")), heading), langBar, el("div", { class: "help-columns" }, panel, side.node));

  const key = () => storeKey(`help:${state.me.id}:${id}:${language}`);
  const mine = () => ({ ...base, title: title.value, body: body.value, keywords: words ? words.peek() : base.keywords });
  const dirty = () => !!got && !same(contentOf(mine()), contentOf(base));
  const draftOf = (lang) => got.drafts.find((d) => d.language.toLowerCase() === lang.toLowerCase()) || { ...nothing, language: lang };

  async function fetchIt(then) {
    const asked = ++run;
    try {
      const answer = await call("GET", `office/help/articles/${encodeURIComponent(id)}`);
      if (asked !== run) return;
      got = answer;
      then?.();
      changed();
    } catch (err) {
      if (asked !== run) return;
      toast(err.status === 404 ? "There is no such article any more." : errorText(err));
      if (err.status === 404) go(helpHref("articles"), true);
    }
  }

  // took takes what the desk answered to a change.
  function took(answer) {
    got = answer;
    loadTree();
  }

  // enter opens an article.
  function enter(now, article) {
    id = article;
    got = null;
    language = "";
    fetchIt();
  }

  // open shows the text in a language: what is stored, or what was typed and not saved.
  function open(lang, anew) {
    if (lang === language && !anew) return;
    language = lang;
    base = draftOf(lang);
    stale = null;
    banner.hidden = true;
    const kept = storage.json(key());
    fill(kept ? kept.content : contentOf(base));
    if (kept && kept.revision !== base.revision) { stale = base; base = { ...base, revision: kept.revision }; paintStale(); }
    else if (kept && dirty()) say([icon("info"), el("span", {}, "What you had typed and not saved is here again."), el("button", { type: "button", class: "text-button", onclick: discard }, "Discard it")], "note");
    preview(true);
  }

  function fill(content) {
    title.value = content.title;
    body.value = content.body;
    words = chips("Keywords", content.keywords, null, "Add a word, then Enter");
    const inner = words.node;
    // What chips hold, without taking in what is being typed.
    words.peek = () => [...inner.querySelectorAll(".chip-tag")].map((n) => n.firstChild.textContent);
    new MutationObserver(typed).observe(inner.querySelector(".chips"), { childList: true });
    keywords.replaceChildren(inner);
    bar.classList.toggle("bare", base.format === "html"); // which the buttons don't write
    body.setAttribute("aria-label", base.format === "html" ? "Text, in HTML" : "Text");
    for (const n of [title, body, reading]) { n.lang = language; n.dir = directionOf(language); }
  }

  function say(content, kind) {
    banner.className = `help-banner ${kind}`;
    banner.replaceChildren(...content);
    banner.hidden = false;
  }

  function typed() {
    if (!got) return;
    if (dirty()) storage.set(key(), JSON.stringify({ revision: base.revision, content: contentOf(mine()) })); else storage.remove(key());
    preview();
    paintFoot();
  }

  function discard() {
    storage.remove(key());
    banner.hidden = true;
    open(language, true);
    paint();
  }

  // preview shows the text as the desk would, a moment after it was typed.
  function preview(now) {
    clearTimeout(previewTimer);
    if (view === "write") return;
    previewTimer = setTimeout(async () => {
      const asked = ++previewRun, content = contentOf(mine());
      try {
        const answer = await call("POST", "office/help/preview", content);
        if (asked !== previewRun) return;
        shownTitle.textContent = answer.title || "Untitled";
        shown.replaceChildren(...prose(answer.html, answer.text));
        if (!shown.childNodes.length) shown.replaceChildren(el("p", { class: "soft" }, "Nothing written yet."));
      } catch (err) {
        if (asked === previewRun) shown.replaceChildren(el("p", { class: "danger-text" }, errorText(err)));
      }
    }, now ? 0 : 250);
  }

  function wrap(writeIt) {
    const { selectionStart: from, selectionEnd: to } = body, picked = body.value.slice(from, to);
    const [text, lead] = writeIt(picked);
    const block = /^(#|-|1\.|\|)/.test(text), before = body.value.slice(0, from);
    const gap = block && before && !before.endsWith("\n\n") ? (before.endsWith("\n") ? "\n" : "\n\n") : "";
    body.focus();
    body.setRangeText(gap + text, from, to, "end");
    if (!picked) body.setSelectionRange(from + gap.length + lead, from + gap.length + text.length - (text.endsWith("**") ? 2 : text.endsWith("*") ? 1 : 0));
    typed();
  }

  function keys(e) {
    if (!(e.ctrlKey || e.metaKey) || e.altKey) return;
    const tool = { b: 0, i: 1, k: 5 }[e.key.toLowerCase()];
    if (tool === undefined) return;
    e.preventDefault();
    wrap(tools[tool][2]);
  }
  node.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "s") { e.preventDefault(); write("save"); }
  });

  // write saves what is typed, and publishes it where that is asked for.
  async function write(act) {
    if (!got || save.disabled) return false;
    words.read(); // also a word that is still being typed
    const content = contentOf(mine());
    if (!content.title.trim()) {
      say([icon("alert"), el("span", {}, `Write a title in ${languageName(language)} first: it is what readers look for.`)], "bad");
      title.focus();
      return false;
    }
    if ((act === "save" ? save : publish).getAttribute("aria-disabled") === "true") { toast(act === "save" ? "Nothing has changed since it was saved." : "Readers see it like that already.", "good"); return true; }
    save.disabled = publish.disabled = true;
    try {
      const was = { id, language, key: key() };
      const answer = await call("POST", `office/help/articles/${encodeURIComponent(id)}/text/${act}`, { ...content, language, revision: base.revision });
      storage.remove(was.key);
      if (was.id !== id) return true;
      took(answer);
      const fresh = draftOf(was.language);
      const typedOn = !same(contentOf(mine()), content); // somebody types on meanwhile
      if (was.language === language) { base = fresh; banner.hidden = true; if (!typedOn) fill(contentOf(fresh)); else typed(); }
      toast(act === "publish" ? `Published in ${languageName(was.language)}.` : "Draft saved.", "good");
      return true;
    } catch (err) {
      await refused(err);
      return false;
    } finally {
      save.disabled = publish.disabled = false;
      paint();
    }
  }

  async function refused(err) {
    if (err.code !== "stale" && err.code !== "exists") {
      say([icon("alert"), el("span", {}, errorText(err))], "bad");
      if (/title/.test(err.body?.field || "")) title.focus();
      return;
    }
    await fetchIt(() => { stale = draftOf(language); });
    if (stale) paintStale();
  }

  // refusedSide is what came of a change beside the text.
  function refusedSide(err) {
    if (err.code === "stale") { toast("Somebody has changed this article meanwhile. This is how it is now."); fetchIt(); } else toast(errorText(err));
  }

  // paintStale says that somebody else has changed the text, and lets both be kept.
  function paintStale() {
    const theirs = stale;
    const who = theirs.by && theirs.by.name ? theirs.by.name : "Somebody";
    say([icon("alert"), el("span", {}, theirs.revision ? `${who} has changed this text ${relative(theirs.updated) === "now" ? "just now" : `${relative(theirs.updated)} ago`}, and you have changes of your own.` : "This translation was deleted meanwhile."),
      el("button", { type: "button", class: "text-button", onclick: () => dialog({ title: "Theirs, and yours", yes: "Close", plain: true, wide: true, content: differences(`${theirs.title}\n\n${theirs.body}`, `${title.value}\n\n${body.value}`), onSubmit: () => true }) }, "Compare"),
      el("button", { type: "button", class: "text-button", onclick: () => { base = theirs; stale = null; banner.hidden = true; typed(); write("save"); } }, "Save mine"),
      el("button", { type: "button", class: "text-button", onclick: discard }, "Take theirs")], "bad");
  }

  async function schedule() {
    if (dirty() && !(await write("save"))) return;
    const t = inLanguage(got.article, language);
    if (!t) { await write("save"); if (!inLanguage(got.article, language)) return; }
    await scheduleDialog(got.article, language, took);
    paint();
  }

  function tabKeys(e) {
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(e.key)) return;
    e.preventDefault();
    const all = [...tabs.querySelectorAll("[role=tab]")], at = all.indexOf(document.activeElement);
    const turn = document.dir === "rtl" ? -1 : 1;
    const to = { Home: 0, End: all.length - 1, ArrowLeft: at - turn, ArrowRight: at + turn }[e.key];
    const next = all[(to + all.length) % all.length];
    const lang = next.dataset.language;
    go(helpHref("a", id, lang), true);
    queueMicrotask(() => tabs.querySelector(`[data-language="${CSS.escape(lang)}"]`)?.focus());
  }

  function otherLanguage() {
    const tag = el("input", { type: "text", class: "control", maxlength: "35", placeholder: "fr, pt-BR …", "aria-label": "Language" });
    return dialog({ title: "Another language", yes: "Write in it", content: labelled("Language", tag, "As a tag: fr, pt-BR, zh-Hant."),
      onSubmit: () => { const lang = tag.value.trim(); if (!/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(lang)) throw new Refusal("Write a language as fr or pt-BR."); go(helpHref("a", id, canonical(lang))); } });
  }

  function paintView() {
    if (view === "both" && matchMedia("(max-width: 719.98px)").matches) view = "write"; // there is no room for it
    panes.dataset.view = view;
    for (const b of views.children) b.setAttribute("aria-pressed", String(b.dataset.view === view));
  }

  function paintFoot() {
    if (!got) return;
    const t = inLanguage(got.article, language), changedNow = dirty();
    told.textContent = changedNow ? "Not saved yet" : base.revision ? `Saved ${relative(base.updated) === "now" ? "just now" : `${relative(base.updated)} ago`}${base.by && base.by.name ? ` by ${base.by.name}` : ""}` : "Nothing written yet";
    told.classList.toggle("unsaved", changedNow);
    const live = t && t.version && !t.ahead && !changedNow;
    save.setAttribute("aria-disabled", String(!changedNow && !!base.revision));
    publish.textContent = live ? "Published" : t && t.version ? "Publish changes" : "Publish";
    publish.setAttribute("aria-disabled", String(!!live));
  }

  function paintTabs() {
    const languages = [...new Set([...tree.languages, ...(got.article.translations || []).map((t) => t.language), language])];
    remake(tabs, JSON.stringify([languages, language, got.article.translations, tree.languages]), () => languages.map((l) => {
      const how = standing(inLanguage(got.article, l));
      return el("button", { type: "button", role: "tab", class: "lang-tab", id: `lang-${l}`, "data-language": l, "aria-controls": "lang-panel", "aria-selected": String(l === language), tabindex: l === language ? "0" : "-1", onclick: () => go(helpHref("a", id, l), true) },
        el("span", { class: `lang-dot ${how}`, "aria-hidden": "true" }), languageName(l), el("span", { class: "hidden-text" }, `: ${standingText[how]}`));
    }));
    panel.setAttribute("aria-labelledby", `lang-${language}`);
  }

  function paint() {
    if (!got || !tree) return;
    heading.textContent = titleOf(got.article, tree.languages);
    paintTabs();
    paintFoot();
    side.render();
  }

  function render(now, lang) {
    tree = now;
    node.classList.toggle("waiting", !got);
    if (!got) return;
    open(lang || tree.languages[0]);
    paintView();
    paint();
  }

  return { node, enter, render };
}
