/**
 * What can be seen of a file without leaving the page: a picture of a type that its bytes show, or the beginning of a text.
 */
import { h } from "../../dom.js";

/**
 * @typedef {import("../index.js").TalkContext} TalkContext
 * @typedef {import("../../../model/files.js").FileShown} FileShown
 * @typedef {import("../../../model/files.js").Preview} Preview
 */

/** @param {TalkContext} context @param {import("../../../model/signals.js").Scope} scope @param {FileShown} file @param {Preview} preview */
export function drawPreview({ words }, scope, { name }, preview) {
  switch (preview.kind) {
    case "none":
      return h("p", { class: "hint", role: "status" }, words.say("files.not_shown"));
    case "text":
      return h("div", {}, h("pre", { class: "file-text", dir: "auto", tabindex: "0", "aria-label": name, onkeydown: keepArrows }, preview.text), !preview.whole && h("p", { class: "hint" }, words.say("files.cut")));
    case "image": {
      const { width, height } = preview;
      const url = URL.createObjectURL(preview.blob);
      scope.add(() => URL.revokeObjectURL(url));
      const image = h("img", { class: "file-picture", src: url, width, height, decoding: "async", alt: words.say("files.picture", { name, width, height }) });
      image.addEventListener("error", () => image.replaceWith(h("p", { class: "hint", role: "status" }, words.say("files.not_shown"))));
      return image;
    }
  }
}

/** Arrows go from row to row, except in a text that they scroll. @param {KeyboardEvent & { currentTarget: HTMLElement }} event */
function keepArrows(event) {
  const { scrollHeight, clientHeight } = event.currentTarget;
  if ((event.key === "ArrowUp" || event.key === "ArrowDown") && scrollHeight > clientHeight) event.stopPropagation();
}
