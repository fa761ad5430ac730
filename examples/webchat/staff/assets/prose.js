// Articles as readers see them. The desk has made their HTML harmless; here it is read in
// a document of its own, where nothing runs or loads, and what is known is made anew.

import { el, safeURL } from "./dom.js";

const kept = new Set(("p br hr h1 h2 h3 h4 h5 h6 strong b em i u s del ins sub sup small mark code kbd samp pre q cite abbr blockquote "
  + "ul ol li dl dt dd table caption thead tbody tfoot tr th td figure figcaption div span details summary").split(" "));
const numbers = { ol: ["start"], th: ["colspan", "rowspan"], td: ["colspan", "rowspan"] };
const kinds = ["http:", "https:", "mailto:", "tel:"];

function link(node, children) {
  const to = node.getAttribute("href") || "";
  if (to.startsWith("#")) { // within the article; the address of the page stays
    return el("a", { href: "#", onclick: (e) => {
      e.preventDefault();
      e.target.closest(".prose")?.querySelector(`[data-anchor="${CSS.escape(to.slice(1))}"]`)?.scrollIntoView({ block: "start" });
    } }, children);
  }
  const href = /^[a-z]+:/i.test(to) ? safeURL(to, kinds) : "";
  return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, children) : el("span", {}, children);
}

function picture(node) {
  const src = safeURL(node.getAttribute("src") || "", ["https:"]);
  return src ? el("img", { src, alt: node.getAttribute("alt") || "", loading: "lazy", referrerpolicy: "no-referrer" }) : null;
}

function copy(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  const name = node.localName;
  const children = [...node.childNodes].map(copy);
  if (name === "a") return link(node, children);
  if (name === "img") return picture(node);
  if (name === "input" && node.type === "checkbox") return el("input", { type: "checkbox", disabled: true, checked: node.hasAttribute("checked") });
  if (!kept.has(name)) return null;
  const props = {};
  for (const key of numbers[name] || []) if (/^\d{1,4}$/.test(node.getAttribute(key) || "")) props[key] = node.getAttribute(key);
  const side = node.getAttribute("align") || node.style.textAlign;
  if (["left", "center", "right"].includes(side)) props.class = `to-${side}`;
  if (node.id) props["data-anchor"] = node.id;
  if (node.lang) props.lang = node.lang;
  if (["rtl", "ltr", "auto"].includes(node.getAttribute("dir"))) props.dir = node.getAttribute("dir");
  return el(name, props, children);
}

// prose is the inside of an article; text stands in where the desk makes no HTML.
export function prose(html, text = "") {
  if (!html) return text.split(/\n{2,}/).filter((p) => p.trim()).map((p) => el("p", {}, p));
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return [...parsed.body.childNodes].map(copy).filter((n) => n !== null);
}

const rightToLeft = new Set(["ar", "arc", "ckb", "dv", "fa", "ha", "he", "khw", "ks", "ps", "sd", "ug", "ur", "yi"]);
export const directionOf = (language) => (rightToLeft.has(language.split("-")[0].toLowerCase()) ? "rtl" : "ltr");

export function languageName(tag, own = navigator.language) {
  try { return new Intl.DisplayNames([own], { type: "language" }).of(tag) || tag; } catch { return tag; }
}
