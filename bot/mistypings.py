"""Which letters are taken for one another, and which words only look like a stop. Data only.

All are written as `spelling.normalise` leaves them.
"""

from bot.vocabulary import phrases

# One letter away from a clear stop, and words of their own in a language of ours: never a stop.
ORDINARY = phrases(
    "shop, slop, swop, step, stow, stob, stoa, stot, stod, stoup, atop, estop, strop, stomp, stope, stopt, scop, stoic",
    "stok, stor, stol, stom, ston, stof, sftp, evoke, revoked, unsubs, stab, stoep, stoplist, tops",
    "terhenti, hentakan, hentian, senti, henri, henry, genti, perhenti, berhentinya, berhenta",
    "nirutha, niruthi, niruthum, massage, massages, opt, optic, option",
    "停滞, 停职, 推定, 退定金",
)

# One letter away and a word of its own, but as easily a slip of the finger: we ask.
DOUBTFUL = phrases("top, sop, sto, stoop, stops, stopped, stoppd, unsubscribed, unsubscribes, stoper, hentika, berhent")

# Nouns that nothing ordinary is spelled like, but for what ORDINARY names.
LONG_NOUNS = phrases(
    "message, messages, notification, notifications, announcement, announcements, updates, alerts, pemberitahuan"
)

# As it was typed: what may have been meant. Chinese by sound (the input method's first wrong choice), Tamil by sound.
NEAR = {
    "亭": "停", "婷": "停", "挺": "停", "庭": "停", "廷": "停",
    "只": "止", "至": "止", "指": "止", "址": "止", "纸": "止", "旨": "止", "之": "止", "知": "止",
    "推": "退", "腿": "退", "褪": "退",
    "定": "订", "钉": "订", "丁": "订", "盯": "订", "顶": "订",
    "越": "阅", "悦": "阅", "月": "阅", "去": "取", "趣": "取", "销": "消", "肖": "消", "笑": "消",
    "在": "再", "载": "再", "部": "不", "布": "不", "法": "发", "打": "大", "巨": "拒", "据": "拒", "具": "拒",
    "ர": "ற", "ற": "ர", "ன": "நண", "ந": "னண", "ண": "னந", "ல": "ளழ", "ள": "லழ", "ழ": "லள",
    "ி": "ீ", "ீ": "ி", "ு": "ூ", "ூ": "ு", "ெ": "ே", "ே": "ெ", "ொ": "ோ", "ோ": "ொ",
    "ச": "ஸ", "ஸ": "ச", "ட": "த", "த": "ட",
}  # fmt: skip
DOUBLING = "கசதபடறலளன"
PULLI = "\u0bcd"
