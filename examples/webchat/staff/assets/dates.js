// Times, sizes and counts as people read them.

const language = navigator.language || "en";
const format = (options) => new Intl.DateTimeFormat(language, options);
const clock = format({ hour: "numeric", minute: "2-digit" });
const shortDate = format({ day: "numeric", month: "short" });
const longDate = format({ weekday: "long", day: "numeric", month: "long" });
const longDateYear = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const whole = format({ dateStyle: "medium", timeStyle: "short" });

const valid = (iso) => !Number.isNaN(Date.parse(iso));
export const timeText = (iso) => (valid(iso) ? clock.format(new Date(iso)) : "");
export const fullTime = (iso) => (valid(iso) ? whole.format(new Date(iso)) : "");
export const dayKey = (iso) => { const d = new Date(iso); return `${d.getFullYear()}-${d.getMonth()}-${d.getDate()}`; };

export function dayText(iso) {
  const yesterday = new Date();
  yesterday.setDate(yesterday.getDate() - 1);
  if (dayKey(iso) === dayKey(Date.now())) return "Today";
  if (dayKey(iso) === dayKey(yesterday)) return "Yesterday";
  const date = new Date(iso);
  return (date.getFullYear() === new Date().getFullYear() ? longDate : longDateYear).format(date);
}

// span is a length of time in its largest unit: 45s is "now", then 3m, 2h, 5d.
export function span(ms) {
  const minutes = Math.floor(Math.max(0, ms) / 60000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes}m`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h`;
  return `${Math.floor(minutes / 1440)}d`;
}

export function relative(iso) {
  if (!valid(iso)) return "";
  const age = Date.now() - Date.parse(iso);
  return age < 7 * 86400000 ? span(age) : shortDate.format(new Date(iso));
}

// How long someone waits, and how much that should worry us.
export function waiting(iso) {
  const age = Date.now() - Date.parse(iso);
  const text = age < 60000 ? "just now" : span(age);
  return { text, level: age > 3600000 ? "late" : age > 600000 ? "soon" : "fresh" };
}

export function sizeText(bytes) {
  if (bytes >= 1048576) return `${(bytes / 1048576).toFixed(bytes < 10485760 ? 1 : 0)} MB`;
  return `${Math.max(1, Math.round(bytes / 1024))} KB`;
}

// The desk stops counting at 1000.
export const countText = (n) => (n >= 1000 ? "1000+" : String(n || 0));
