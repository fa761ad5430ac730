// What is said about articles: how their translations stand, who may read them, how they
// did with readers.

import { el, icon } from "./dom.js";
import { dayText, fullTime } from "./dates.js";
import { languageName } from "./prose.js";

export const helpHref = (...parts) => `#/office/help${parts.map((p) => `/${encodeURIComponent(p)}`).join("")}`;

export const audiences = [["", "Everybody"], ["signed_in", "Who is signed in"], ["matching", "Who matches a condition"], ["staff", "Staff only"]];
export const audienceText = Object.fromEntries(audiences);
const platformNames = { ios: "iOS", android: "Android", webchat: "Web chat", web: "Portal", email: "E-mail", api: "API" };
export const platformText = (p) => platformNames[p] || p;

// standing is how a translation stands: missing, draft, scheduled, ahead or published.
export function standing(t) {
  if (!t) return "missing";
  if (t.publish_at) return "scheduled";
  if (!t.version) return "draft";
  return t.ahead ? "ahead" : "published";
}

export const standingText = {
  missing: "Not translated", draft: "Draft", scheduled: "Scheduled", ahead: "Published, with newer draft", published: "Published",
};

export const inLanguage = (article, language) => (article.translations || []).find((t) => t.language.toLowerCase() === language.toLowerCase());

// titleOf is what staff calls an article: in the app's own language, if it has that.
export function titleOf(article, languages) {
  for (const language of [...languages, ...(article.translations || []).map((t) => t.language)]) {
    const t = inLanguage(article, language);
    if (t) return t.draft_title || t.title;
  }
  return "Untitled";
}

export function sectionName(section, languages) {
  if (!section) return "";
  for (const language of languages) {
    const found = section.names.find((n) => n.language === language);
    if (found) return found.text;
  }
  return section.names[0].text;
}

// mark is a language with how the translation in it stands.
export function mark(article, language) {
  const t = inLanguage(article, language), how = standing(t);
  const when = how === "scheduled" ? ` for ${fullTime(t.publish_at)}` : "";
  return el("span", { class: `lang-mark ${how}`, title: `${languageName(language)}: ${standingText[how]}${when}` },
    el("span", { "aria-hidden": "true" }, language), el("span", { class: "hidden-text" }, `${languageName(language)}: ${standingText[how]}${when}. `));
}

// dayOf is a day within a sentence.
export const dayOf = (iso) => dayText(iso).replace(/^(To|Yester)day$/, (d) => d.toLowerCase());

export const count = (n, one, more = `${one}s`) => `${Number(n || 0).toLocaleString()} ${n === 1 ? one : more}`;

// opinion is how readers found an article: a bar, and in words.
export function opinion(figures) {
  const all = figures.helpful + figures.unhelpful;
  if (!all) return el("span", { class: "opinion none" }, "No opinions");
  const share = Math.round((figures.helpful / all) * 100);
  const bar = el("span", { class: "opinion-bar", "aria-hidden": "true" }, el("span", { class: "opinion-good" }));
  bar.firstChild.style.inlineSize = `${share}%`;
  return el("span", { class: `opinion${share < 50 ? " poor" : ""}`, title: `${figures.helpful} found it helpful, ${figures.unhelpful} didn’t` }, bar, el("span", {}, `${share}%`), el("span", { class: "hidden-text" }, ` of ${all} found it helpful`));
}

// compare puts two texts side by side as lines that stayed, went or came. Of very long
// ones it says only that they differ.
export function compare(from, to) {
  const a = from.split("\n"), b = to.split("\n");
  let start = 0, ends = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  while (ends < a.length - start && ends < b.length - start && a[a.length - 1 - ends] === b[b.length - 1 - ends]) ends++;
  const was = a.slice(start, a.length - ends), is = b.slice(start, b.length - ends);
  const out = a.slice(0, start).map((line) => [" ", line]);
  if (was.length * is.length > 1e6) out.push(...was.map((line) => ["-", line]), ...is.map((line) => ["+", line]));
  else out.push(...common(was, is));
  return [...out, ...a.slice(a.length - ends).map((line) => [" ", line])];
}

// common keeps the longest run of lines that both have.
function common(a, b) {
  const width = b.length + 1, best = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) best[i * width + j] = a[i] === b[j] ? best[(i + 1) * width + j + 1] + 1 : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
  }
  const out = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { out.push([" ", a[i]]); i++; j++; }
    else if (j >= b.length || (i < a.length && best[(i + 1) * width + j] >= best[i * width + j + 1])) out.push(["-", a[i++]]);
    else out.push(["+", b[j++]]);
  }
  return out;
}

const changeText = { "-": "Gone: ", "+": "New: ", " ": "" };

// differences shows what became of a text.
export function differences(from, to) {
  const lines = compare(from, to);
  if (lines.every(([how]) => how === " ")) return el("p", { class: "soft diff-same" }, icon("check"), "The texts are the same.");
  return el("ol", { class: "diff" }, lines.map(([how, line]) => el("li", { class: { "-": "gone", "+": "new", " ": "" }[how] }, el("span", { class: "hidden-text" }, changeText[how]), el("span", { dir: "auto" }, line || "\u00a0"))));
}
