/**
 * 简体中文：消息的提醒、话题、置顶与举报。
 */

/** @type {import("./index.js").Catalogue} */
export const SAID_ZH = {
  // 提醒
  "talks.mentioned": { other: "提到您 {count} 次" },
  "level.title": "提醒",
  "level.mentions": "此处仅在提到您时提醒",
  "level.none": "此处不提醒",
  "level.choose_all": "全部",
  "level.choose_mentions": "提到我",
  "level.choose_none": "不提醒",
  "level.lead_all": "每条消息都算新消息，对您的所有设备生效。",
  "level.lead_mentions": "只有提到您的消息才算新消息，其余只安静计数。",
  "level.lead_none": "任何消息都不提醒，只安静计数。",

  // 话题
  "thread.title": "话题",
  "thread.of": "“{room}”中的话题",
  "thread.close": "返回详情",
  "thread.answers": { other: "{count} 条回复" },
  "menu.thread": "查看话题",
  "help.thread": "查看此消息的话题",

  // 置顶
  "pins.title": "置顶消息",
  "pins.by": "{name}，{time}",
  "pins.by_edited": "{name}，{time}，已编辑",
  "pins.erased": "已删除的消息。",
  "pins.away": "更早的消息。",
  "pins.unpin": "取消置顶",
  "pins.pinned": "已置顶。",
  "pins.unpinned": "已取消置顶。",
  "message.pinned": "已置顶",
  "menu.pin": "置顶",
  "menu.unpin": "取消置顶",

  // 更早消息的密钥
  "keys.asked": "{name} 请求更早的消息。",
  "keys.given": "您允许 {name} 阅读更早的消息。",
  "keys.given_to_you": "{name} 允许您阅读更早的消息。",
  "keys.refused": "您没有允许 {name} 阅读更早的消息。",
  "keys.refused_you": "您没有得到更早消息的密钥。",

  // 管理：新人
  "admin.title": "服务器管理",
  "newcomers.title": "新人",
  "newcomers.open": "可以注册的人能创建账号、新建房间，并加入公开房间。",
  "newcomers.closed": "紧急模式：不能创建账号、房间或群组，没有邀请也不能加入。已在其中的人不受影响。",
  "newcomers.now": "暂不接纳新人",
  "newcomers.close": "停止接纳新人",
  "newcomers.reopen": "重新接纳新人",
  "newcomers.sure": "要停止接纳新人，直到您撤销为止吗？已在其中的人不受影响。",

  // 举报
  "menu.report": "举报…",
  "report.title": "举报此消息？",
  "report.lead": "{name} 的这条消息和您的名字会交给服务器的管理员，服务器因此也能看到。他们能读这一条消息，并看到它由 {name} 所写。",
  "report.key": "只交出这一条消息的密钥，它打不开其他任何内容。",
  "report.reason": "有什么问题（可留空）",
  "report.too_long": "内容太长。",
  "report.again": "您已举报过此消息，或您的举报仍有太多在等待处理。",
  "report.go": "交出",
  "report.done": "已举报。",
  "reports.title": "举报",
  "reports.count": { other: "{count} 个举报" },
  "reports.lead": "这些消息由成员交出。会话中的其他内容在这里无法阅读。",
  "reports.loading": "正在读取举报…",
  "reports.none": "没有举报。",
  "reports.by": "{name} 于 {time} 举报。",
  "reports.by_because": "{name} 于 {time} 举报：{text}",
  "reports.no_text": "没有文本：{text}",
  "reports.proven": "已证实：{name} 于 {time} 用两把密钥签名。",
  "reports.not_reporter": "不能证实：举报者的签名不成立。",
  "reports.not_other_place": "不能证实：举报的位置与消息所在位置不同。",
  "reports.not_other_message": "不能证实：服务器在此位置的是另一条消息。",
  "reports.not_sender": "不能证实：{name} 没有签名。",
  "reports.not_message": "不能证实：交出的密钥打不开它。",
  "reports.not_unknown_keys": "不能证实：签名所用的密钥从未属于该账号。",
  "reports.not_keys_alarm": "不能证实：服务器显示的密钥与以前不同。",
  "reports.not_read": "不能证实：无法读取。",
  "reports.upheld": "举报成立",
  "reports.dismissed": "无需处理",

  // 遗忘
  "keep.title": "消息保留多久",
  "keep.label": "消息保留",
  "keep.lead": "到期的内容会从服务器和每台设备上删除，无人能恢复，但之前可能有人复制过。",
  "keep.change": "更改…",
  "keep.option_ever": "永久",
  "keep.option_days": { other: "{count} 天" },
  "keep.is_ever": "消息永久保留。以后得到密钥的人都能阅读。",
  "keep.is_days": { other: "消息在 {count} 天后连同打开它们的密钥一起遗忘。" },
  "keep.shorter": { other: "早于 {count} 天的内容会立即遗忘。" },
  "keep.longer": "只对此后的内容生效，已有的内容仍按原来的期限遗忘。",
  "commit.keep_ever": "{name} 设置此后的消息永久保留。",
  "commit.keep_days": { other: "{name} 设置消息在 {count} 天后遗忘。" },
  "forgotten.line": { other: "之前的内容已遗忘：这里的消息只保留 {count} 天。" },
  "erase.reason": "理由，所有成员可见（可留空）",
};
