// The server's API. A key is asked for once it is needed, and kept until the tab is closed.

import { find } from "./dom.js";
import { t } from "./language.js";

const KEPT = "geulnun.key";
let asking;

/** An error as the server explains it, with `status` and `code` of its answer, if there was one. */
export class Problem extends Error {
  constructor(message, status, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function call(path, options = {}, again = true) {
  const key = sessionStorage.getItem(KEPT);
  const headers = { ...options.headers, ...(key ? { "X-API-Key": key } : {}) };
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(t("unreachable"));
  }
  if (response.status === 401 && again) {
    asking ??= askForKey().finally(() => { asking = undefined; });
    await asking;
    return call(path, options);
  }
  if (response.ok) return response;
  const problem = await explain(response);
  // Places for jobs are not free again within seconds.
  if (problem.status === 503 && problem.code !== "jobs-full" && again && options.method !== "DELETE") {
    const seconds = Math.min(10, Number(response.headers.get("Retry-After")) || 1);
    await new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
    return call(path, options, options.patient ?? false);
  }
  throw problem;
}

async function explain(response) {
  const { status, statusText } = response;
  try {
    const { detail, code } = await response.json();
    return new Problem(detail, status, code);
  } catch {
    return new Problem(`${status} ${statusText}`, status);
  }
}

function askForKey() {
  const dialog = find("key");
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      sessionStorage.setItem(KEPT, find("key-value").value.replace(/[^!-~]/g, "")); // what headers hold
      resolve();
    }, { once: true });
  });
}

function makeForm(file) {
  const form = new FormData();
  form.append("file", file, file.name || "picture.png");
  return form;
}

export const getInfo = async () => (await call("/v1/info")).json();

/** Start to read a file; the job's state. */
export async function startJob(file, signal) {
  const options = { method: "POST", body: makeForm(file), signal, patient: true };
  return (await call("/v1/jobs?alternatives=5", options)).json();
}

export const getJob = async (id) => (await call(`/v1/jobs/${id}`)).json();
export const removeJob = (id) => call(`/v1/jobs/${id}`, { method: "DELETE" });
export const getPage = async (id, number) => (await call(`/v1/jobs/${id}/pages/${number}`)).json();

/** The picture of a page as a URL for an image. */
export async function getPicture(id, number, size) {
  const response = await call(`/v1/jobs/${id}/pages/${number}/image?size=${size}`, { patient: true });
  return URL.createObjectURL(await response.blob());
}

/** The document, as it was read, in a format. */
export async function getResult(id, format) {
  return (await call(`/v1/jobs/${id}/result?format=${format}`, { patient: true })).blob();
}

/** The document in a format, with the pages that are given in the place of those that were read. */
export async function correctResult(id, pages, format) {
  const response = await call(`/v1/jobs/${id}/result?format=${format}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ version: 2, source: null, pages }),
    patient: true,
  });
  return response.blob();
}

/** The states of a job, one after the other, until it has ended. */
export async function* watchJob(id, signal) {
  const response = await call(`/v1/jobs/${id}/events`, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch((error) => {
      throw error.name === "AbortError" ? error : new Problem(t("unreachable"));
    });
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice(6));
    }
  }
}

/** What a picture of one character is read as. */
export async function readCharacter(blob, signal) {
  const options = { method: "POST", body: makeForm(new File([blob], "character.png")), signal };
  return (await (await call("/v1/characters?top=5", options)).json()).readings[0];
}
