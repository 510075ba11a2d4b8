/**
 * What a scene is given, and what people in it say. A scene brings some people together and shows them in one state after the
 * other; none depends on another.
 */

/**
 * @typedef {object} Stage
 * @property {import("../cast.js").Cast} cast
 * @property {(page: import("playwright-core").Page, name: string, how?: { settle?: () => Promise<void> }) => Promise<void>} take
 * @property {null | { stop: () => Promise<void>, start: () => Promise<void> }} backend
 * @property {string | null} administrator name of an account that administrates the server, where that is the scene's own
 * @property {"en" | "zh"} language
 * @property {string} server address of the chat-server, for who is no page
 *
 * @typedef {typeof WORDS.en} Words
 */

export const WORDS = {
  en: {
    ada: "Ada Lovelace",
    grace: "Grace Hopper",
    mira: "Mira",
    lines: ["Good morning. The release is at 12:30, as planned.", "The checklist is in the second drawer.", "Fine with me. I bring the coffee 👍", "Thank you!"],
    room: "pictures",
    other: "garden",
    crowd: "market",
    long: "It was a long letter, and everybody read it to its end. ",
  },
  zh: {
    ada: "林小明",
    grace: "陈晨光",
    mira: "王美玲",
    lines: ["早上好。发布按计划在 12:30 进行。", "检查清单在第二个抽屉里。", "我没问题，咖啡我来带 👍", "谢谢！"],
    room: "图片",
    other: "花园",
    crowd: "集市",
    long: "这是一封很长的信，大家都读到了最后。",
  },
};
