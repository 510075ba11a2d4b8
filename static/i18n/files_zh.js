/**
 * Chinese for files, and for the links and documents of a room.
 */

/** @type {import("./index.js").Catalogue} */
export const FILES_ZH = {
  // Sending files
  "files.attach": "添加文件",
  "files.drop": "松开即可发送",
  "files.title": { other: "发送 {count} 个文件" },
  "files.lead": "文件离开本浏览器之前就已加密：只有成员能打开。",
  "files.caption": "附上一句话",
  "files.go": "发送",
  "files.too_large": "{name}超过了上限 {limit}。",
  "files.folder": "不能发送文件夹。请先打包成一个文件。",

  // A file in the timeline
  "files.file": "文件{name}，{size}",
  "files.save": "保存",
  "files.save_of": "保存{name}",
  "files.show": "显示",
  "files.show_of": "显示{name}",
  "files.hide": "隐藏",
  "files.hide_of": "隐藏{name}",
  "files.cancel": "取消",
  "files.cancel_of": "取消{name}",
  "files.progress": "{name}的进度",
  "files.state_queued": "正在排队",
  "files.state_checking": "正在核对是否为同一文件",
  "files.state_waiting": "正在等待连接，恢复后会自动继续。",
  "files.state_elsewhere": "另一个标签页正在发送。",
  "files.up": "已发送 {done}，共 {size}",
  "files.down": "已取回 {done}，共 {size}",
  "files.interrupted": "发送中断。请再次选择同一文件，即可从中断处继续。",
  "files.choose": "选择文件",
  "files.failed": "未发送。{cause}",
  "files.not_fetched": "未取回。{cause}",
  "files.saved": "{name}已取回。",
  "files.cut": "这是开头部分。要看全文，请保存文件。",
  "files.not_shown": "其中没有可以在这里显示的图片或文字。请保存后查看。",
  "files.picture": "{name}，{width}×{height} 像素",

  // Links and documents of a room
  "resources.title": "链接和文档",
  "resources.none": "这里还没有内容。",
  "resources.add": "添加链接",
  "resources.change": "修改链接",
  "resources.lead": "每位成员都能看到并修改。服务器读不到。",
  "resources.name": "标题",
  "resources.url": "网址",
  "resources.url_hint": "以 https:// 或 http:// 开头",
  "resources.change_of": "修改{title}",
  "resources.opens": "{title}：在新标签页打开 {host}",
  "resources.unsafe": "这个网址不能在这里打开。",
  "resources.by": "{name}，{time}",
  "resources.up": "上移",
  "resources.down": "下移",
  "resources.remove": "移除",
  "resources.line_added": "{name}在链接和文档中添加了“{title}”。",
  "resources.line_edited": "{name}在链接和文档中修改了“{title}”。",
  "resources.line_removed": "{name}从链接和文档中移除了“{title}”。",

  // Codes of both
  "error.file_needed": "本页面已没有这个文件。请重新选择。",
  "error.file_changed": "这不是先前开始发送的文件。请选择原来的文件，或放弃后重新发送。",
  "error.file_unreadable": "选择之后，文件被修改、移动或删除了。请重新选择。",
  "error.file_too_large": "不能发送超过 4 GB 的文件。",
  "error.file_damaged": "服务器给出的内容与发送的不符，已丢弃。请让对方重新发送。",
  "error.file_elsewhere": "另一个标签页正在发送这个文件。",
  "error.resource_title": "请填写标题，不超过 256 字节。",
  "error.resource_url": "只能保存以 https:// 或 http:// 开头、不含用户名的网址。",
  "error.resource_gone": "已有人把它移除了。",
};
