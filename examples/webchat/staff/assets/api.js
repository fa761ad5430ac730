// Requests to the desk. The session is a cookie, so nothing secret is kept here.

import { bus, parseJSON } from "./base.js";

export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || `The desk answered ${status}.`);
    this.status = status;
    this.code = body.code || "";
    this.body = body;
    this.retryAfter = retryAfter || 0;
  }
  // What a repetition of the same request can not mend.
  get permanent() {
    return this.status >= 400 && this.status < 500 && ![401, 408, 425, 429].includes(this.status);
  }
}

function problemOf(status, text, retryAfter) {
  const body = parseJSON(text, {});
  const problem = new Problem(status, typeof body === "object" && body ? body : {}, Number(retryAfter) * 1000);
  if (status === 401) bus.emit("signed-out");
  return problem;
}

export async function call(method, path, body) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(`api/${path}`, {
    method, headers, credentials: "same-origin", cache: "no-store",
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout ? AbortSignal.timeout(20000) : undefined,
  });
  const text = response.status === 204 ? "" : await response.text();
  if (!response.ok) throw problemOf(response.status, text, response.headers.get("Retry-After"));
  // A body cut short by a dying server must count as a failure, not as an empty answer.
  return text ? JSON.parse(text) : null;
}

export const ticketPath = (id, rest = "") => `tickets/${encodeURIComponent(id)}${rest}`;

// fetch has no upload progress, hence XMLHttpRequest.
export function upload(file, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", "api/attachments");
    xhr.upload.onprogress = (e) => e.lengthComputable && onProgress(e.loaded / e.total);
    xhr.onload = () => {
      const done = parseJSON(xhr.responseText, null);
      if (xhr.status >= 300) reject(problemOf(xhr.status, xhr.responseText, xhr.getResponseHeader("Retry-After")));
      else if (done && done.id) resolve(done);
      else reject(new TypeError("network"));
    };
    xhr.onerror = () => reject(new TypeError("network"));
    xhr.onabort = () => reject(new DOMException("", "AbortError"));
    signal.addEventListener("abort", () => xhr.abort());
    const form = new FormData();
    form.append("file", file, file.name || "image.png");
    xhr.send(form);
  });
}

// uploadForm sends a form with files, which may take its time.
export async function uploadForm(path, form) {
  const response = await fetch(`api/${path}`, { method: "POST", headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store", body: form });
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text, response.headers.get("Retry-After"));
  return JSON.parse(text);
}

// Refusal is what the page itself says to what cannot be.
export class Refusal extends Error {}

// What to tell a person about an error.
export function errorText(err) {
  if (err instanceof Problem || err instanceof Refusal) return err.message;
  return "The desk can not be reached right now.";
}
