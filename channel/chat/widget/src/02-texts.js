// Texts, numbers and dates in the visitor's language.

const rtlLanguages = /^(ar|fa|he|ur)\b/;
let language = "en";
let texts = TEXTS.en;

// pickLanguage finds the built-in texts nearest to a tag: pt → pt-BR, zh-TW → zh-Hant.
function pickLanguage(tagText) {
  const wanted = String(tagText || "en").replace(/_/g, "-");
  const lower = wanted.toLowerCase();
  const exact = Object.keys(TEXTS).find((k) => k.toLowerCase() === lower);
  if (exact) return exact;
  if (/^zh/.test(lower)) return /hant|-tw|-hk|-mo/.test(lower) ? "zh-Hant" : "zh-Hans";
  const first = lower.split("-")[0];
  return Object.keys(TEXTS).find((k) => k.toLowerCase().split("-")[0] === first) || "en";
}

function useLanguage(tagText, overrides) {
  const known = pickLanguage(tagText);
  language = safeLocale(tagText) || known;
  texts = { ...TEXTS.en, ...TEXTS[known], ...(overrides || {}) };
}

function safeLocale(tagText) {
  try { return Intl.getCanonicalLocales(tagText)[0]; } catch { return ""; }
}

const direction = () => (rtlLanguages.test(language) ? "rtl" : "ltr");

function t(key, values = {}) {
  const text = texts[key] ?? TEXTS.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

const askedLanguage = () => settings.language || document.documentElement.lang || navigator.language || "en";

function timeText(iso) {
  return new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).format(new Date(iso));
}

const dayKey = (iso) => { const d = new Date(iso); return `${d.getFullYear()}-${d.getMonth()}-${d.getDate()}`; };

function dayText(iso) {
  const day = dayKey(iso);
  const yesterday = new Date(); yesterday.setDate(yesterday.getDate() - 1);
  if (day === dayKey(Date.now())) return t("today");
  if (day === dayKey(yesterday)) return t("yesterday");
  const date = new Date(iso);
  const year = date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", ...year }).format(date);
}

// In lists: the hour when it was today, the date otherwise.
function shortTime(iso) {
  if (dayKey(iso) === dayKey(Date.now())) return timeText(iso);
  return new Intl.DateTimeFormat(language, { day: "numeric", month: "short" }).format(new Date(iso));
}

function unitText(value, unit) {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(value);
}

function durationText(seconds) {
  if (seconds < 3600) return unitText(Math.max(1, Math.round(seconds / 60)), "minute");
  if (seconds < 86400) return unitText(Math.round(seconds / 3600), "hour");
  return unitText(Math.round(seconds / 86400), "day");
}

function sizeText(bytes) {
  const [value, unit] = bytes >= 1048576 ? [bytes / 1048576, "megabyte"] : [Math.max(1, bytes / 1024), "kilobyte"];
  const digits = value < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(value);
}

const countText = (n) => new Intl.NumberFormat(language).format(n);
