/**
 * Tells Node that the page's `.js` files are ES modules: they have no package.json beside them, because nothing of
 * npm belongs among the files that are served.
 */
import { register } from "node:module";

const hook = `
export async function load(url, context, next) {
  return next(url, url.includes("/static/") ? { ...context, format: "module" } : context);
}`;
register("data:text/javascript," + encodeURIComponent(hook));
