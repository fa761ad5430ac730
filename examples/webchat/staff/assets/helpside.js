// What stands beside an article's text: how it is published, who gets it, how readers
// found it, and its versions.

import { el, icon, remake } from "./dom.js";
import { call, errorText } from "./api.js";
import { dayText, fullTime } from "./dates.js";
import { ask, dialog, labelled, toast } from "./overlay.js";
import { chips } from "./rulewhen.js";
import { directionOf, languageName, prose } from "./prose.js";
import { audiences, dayOf, differences, inLanguage, opinion, platformText, sectionName, standing, standingText } from "./helptext.js";

const path = (article, rest = "") => `office/help/articles/${encodeURIComponent(article.id)}${rest}`;

// local is a moment as an input of date and time has it.
function local(iso) {
  if (!iso) return "";
  const d = new Date(iso);
  return new Date(d.getTime() - d.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

// scheduleDialog asks when a translation is published, and until when.
export function scheduleDialog(article, language, took) {
  const t = inLanguage(article, language) || {};
  const moment = (value, label) => Object.assign(el("input", { type: "datetime-local", class: "control", "aria-label": label }), { value: local(value) });
  const from = moment(t.publish_at, "Publish at"), until = moment(t.unpublish_at, "Take away at");
  const read = (node) => (node.value ? new Date(node.value).toISOString() : null);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return dialog({
    title: `Schedule in ${languageName(language)}`, yes: "Schedule", text: `Times are yours: ${zone}. Leave a field empty for never.`,
    content: [labelled("Publish at", from, "The draft as it is then."), labelled("Take away at", until, "From then on nobody is shown it.")],
    async onSubmit() { took(await call("POST", path(article, "/text/schedule"), { language, publish_at: read(from), unpublish_at: read(until) })); },
  });
}

// createSide makes the cards. current gives what is at hand; took takes what the desk
// answered.
export function createSide({ onArticle, current, reload, refused, restored }) {
  const publication = el("section", { class: "help-card", "aria-labelledby": "publication-title" });
  const settings = el("section", { class: "help-card", "aria-labelledby": "settings-title" });
  const readers = el("section", { class: "help-card", "aria-labelledby": "readers-title" });
  const history = el("section", { class: "help-card", "aria-labelledby": "versions-title" });
  const node = el("aside", { class: "help-side", "aria-label": "About the article" }, publication, settings, readers, history);
  let versions = { of: "", list: null };

  function took(answer) { onArticle(answer); render(); }

  async function act(name, extra = {}) {
    const { got, language } = current();
    try { took(await call("POST", path(got.article, `/text/${name}`), { language, ...extra })); } catch (err) { refused(err); }
  }

  function paintPublication({ got, language }) {
    const t = inLanguage(got.article, language), how = standing(t), name = languageName(language);
    remake(publication, JSON.stringify([t, language, got.article.archived]), () => {
      const lines = [el("p", { class: `help-standing ${how}` }, el("span", { class: `lang-dot ${how}`, "aria-hidden": "true" }), standingText[how])];
      if (t && t.version) lines.push(el("p", { class: "soft small" }, `Version ${t.version} since ${dayOf(t.since)}.${t.ahead ? " The draft has changes that readers don’t see." : ""}`));
      else if (t) lines.push(el("p", { class: "soft small" }, "Readers don’t see it."));
      else lines.push(el("p", { class: "soft small" }, `Readers of ${name} get another language.`));
      if (t && t.publish_at) lines.push(el("p", { class: "small help-when" }, icon("clock"), `Will be published ${fullTime(t.publish_at)}`));
      if (t && t.unpublish_at) lines.push(el("p", { class: "small help-when" }, icon("clock"), `Will be taken away ${fullTime(t.unpublish_at)}`));
      if (got.article.archived) lines.push(el("p", { class: "small danger-text" }, "The article is archived: nobody is shown it."));
      const acts = [];
      if (t) acts.push(el("button", { type: "button", class: "button small", onclick: () => scheduleDialog(got.article, language, took) }, t.publish_at || t.unpublish_at ? "Change the schedule" : "Schedule…"));
      if (t && (t.publish_at || t.unpublish_at)) acts.push(el("button", { type: "button", class: "button small", onclick: () => act("schedule") }, "Drop the schedule"));
      if (t && t.version) acts.push(el("button", { type: "button", class: "button small", onclick: () => act("unpublish") }, "Unpublish"));
      if (t) acts.push(el("button", { type: "button", class: "button small quiet", onclick: async () => {
        if (await ask({ title: `Delete the ${name} text?`, text: "Its draft and its versions go for good.", yes: "Delete translation", danger: true })) { await act("delete"); restored(); }
      } }, "Delete this translation"));
      return [el("h3", { id: "publication-title" }, `In ${name}`), lines, el("div", { class: "help-acts" }, acts)];
    });
  }

  // paintSettings is the form for what holds in all languages.
  function paintSettings({ got, tree }) {
    const a = got.article;
    remake(settings, JSON.stringify([a.id, a.revision, a.section, a.edition, tree.sections, tree.platforms]), () => {
      const pick = (label, options, value) => el("select", { class: "control", "aria-label": label }, options.map(([v, text]) => el("option", { value: v, selected: v === value }, text)));
      const section = pick("Section", tree.sections.map((s) => [s.id, sectionName(s, tree.languages)]), a.section);
      const audience = pick("Who may read it", audiences, a.audience || "");
      const condition = Object.assign(el("textarea", { class: "control filter", rows: "2", spellcheck: "false", "aria-label": "Condition", dir: "ltr", placeholder: 'user.organisation == "acme"' }), { value: a.condition || "" });
      const wrong = el("p", { class: "row-wrong", role: "alert", hidden: true });
      const asked = labelled("Condition", condition, "What is asked of the reader.");
      const platforms = chips("Platforms", a.platforms || [], tree.platforms.map((p) => [p, platformText(p)]), (a.platforms || []).length ? "Add one" : "All platforms");
      const tags = chips("Tags", a.tags || [], null, "Add a tag");
      const follow = () => { asked.hidden = audience.value !== "matching"; };
      audience.addEventListener("change", follow);
      follow();
      const save = el("button", { type: "submit", class: "button small" }, "Save");
      return [el("h3", { id: "settings-title" }, "In all languages"), el("form", { novalidate: true, onsubmit: async (e) => {
        e.preventDefault();
        save.disabled = true;
        wrong.hidden = true;
        try {
          await call("POST", "office/help/articles", { ...a, section: section.value, audience: audience.value, condition: audience.value === "matching" ? condition.value.trim() : "", platforms: platforms.read(), tags: tags.read() });
          toast("Saved.", "good");
          reload(() => onArticle(current().got));
        } catch (err) {
          const c = err.body && err.body.condition;
          if (c || err.status === 422) {
            wrong.textContent = c ? `Line ${c.line}, column ${c.column}: ${c.message}` : errorText(err);
            wrong.hidden = false;
            wrong.scrollIntoView({ block: "nearest" });
            if (c) condition.focus({ preventScroll: true });
          } else refused(err);
        } finally { save.disabled = false; }
      } }, labelled("Section", section), labelled("Who may read it", audience), asked, wrong, labelled("Platforms", platforms.node), labelled("Tags", tags.node), el("div", { class: "help-acts" }, save))];
    });
  }

  async function comments(article) {
    const list = el("ul", { class: "help-comments" }, el("li", { class: "soft" }, "Loading…"));
    const shown = dialog({ title: "What readers miss", yes: "Close", plain: true, wide: true, content: list, onSubmit: () => true });
    try {
      const { comments: all } = await call("GET", path(article, "/comments"));
      list.replaceChildren(...(all.length ? all.map((c) => el("li", {}, el("p", { dir: "auto" }, c.text), el("small", { class: "soft" }, `${dayText(c.time)} · ${languageName(c.language)}, version ${c.version}`))) : [el("li", { class: "soft" }, "Nobody has left a comment.")]));
    } catch (err) { list.replaceChildren(el("li", { class: "danger-text" }, errorText(err))); }
    return shown;
  }

  function paintReaders({ got }) {
    const f = got.article.figures;
    remake(readers, JSON.stringify([got.article.id, f]), () => [el("h3", { id: "readers-title" }, "Readers"),
      el("dl", { class: "help-facts" }, el("div", {}, el("dt", {}, "Views"), el("dd", {}, Number(f.views).toLocaleString())), el("div", {}, el("dt", {}, "Helpful"), el("dd", {}, String(f.helpful))), el("div", {}, el("dt", {}, "Unhelpful"), el("dd", {}, String(f.unhelpful)))),
      f.helpful + f.unhelpful ? opinion(f) : null, f.last ? el("p", { class: "soft small" }, `Last read ${dayOf(f.last)}.`) : null,
      f.unhelpful ? el("button", { type: "button", class: "text-button help-voices", onclick: () => comments(got.article) }, "What readers miss") : null]);
  }

  async function readVersion(v) {
    const { got, language, own } = current();
    let found;
    try { found = await call("GET", path(got.article, `/versions/${v.number}?language=${encodeURIComponent(language)}`)); } catch (err) { toast(errorText(err)); return null; }
    const reading = el("div", { class: "help-preview", lang: language, dir: directionOf(language) }, el("h2", { class: "prose-title" }, found.shown.title), el("div", { class: "prose" }, prose(found.shown.html, found.shown.text)));
    const changes = el("div", { hidden: true }, differences(`${found.content.title}\n\n${found.content.body}`, `${own.title}\n\n${own.body}`));
    const segs = el("span", { class: "segs version-segs", role: "group", "aria-label": "What is shown" }, [["As readers saw it", reading], ["Compared with the draft", changes]].map(([text, pane], i) => el("button", { type: "button", class: "seg", "aria-pressed": String(!i), onclick: (e) => {
      for (const p of [reading, changes]) p.hidden = p !== pane;
      for (const b of segs.children) b.setAttribute("aria-pressed", String(b === e.currentTarget));
    } }, text)));
    return dialog({ title: `Version ${v.number}`, yes: "Restore as draft", wide: true, text: `Published ${fullTime(v.time)}${v.by.name ? ` by ${v.by.name}` : v.by.kind === "system" ? " by the desk, as scheduled or set up" : ""}.`, content: el("div", { class: "version" }, segs, reading, changes),
      async onSubmit() {
        onArticle(await call("POST", path(got.article, "/text/restore"), { language, number: v.number, revision: current().base.revision }));
        restored();
        toast(`Version ${v.number} is the draft now. Publish it to show it to readers.`, "good");
      } });
  }

  async function loadVersions(of, article, language) {
    versions = { of, list: null };
    try {
      const { versions: list } = await call("GET", path(article, `/versions?language=${encodeURIComponent(language)}`));
      if (versions.of === of) { versions.list = list; render(); }
    } catch (err) { if (versions.of === of) { versions.list = []; toast(errorText(err)); } }
  }

  function paintVersions({ got, language }) {
    const t = inLanguage(got.article, language), of = JSON.stringify([got.article.id, language, t && t.last, t && t.version]);
    history.hidden = !t || !t.last;
    if (versions.of !== of && t && t.last) loadVersions(of, got.article, language);
    remake(history, JSON.stringify([of, versions.of === of && versions.list]), () => [el("h3", { id: "versions-title" }, "Versions"),
      versions.of === of && versions.list ? el("ol", { class: "help-versions" }, versions.list.map((v) => el("li", {}, el("button", { type: "button", class: "help-version", onclick: () => readVersion(v) },
        el("span", {}, `Version ${v.number}`, t.version === v.number ? el("span", { class: "pill status-agent_replied" }, "Published") : null), el("small", { class: "soft" }, `${dayText(v.time)}${v.by.name ? ` · ${v.by.name}` : ""}`))))) : el("p", { class: "soft small" }, "Loading…")]);
  }

  function render() {
    const now = current();
    if (!now.got || !now.tree) return;
    paintPublication(now);
    paintSettings(now);
    paintReaders(now);
    paintVersions(now);
  }
  return { node, render };
}
