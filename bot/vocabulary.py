"""The words people use, in every language at once. Data only; `keywords` says what a sentence made of them means.

All are written as `spelling.normalise` leaves them: lower-case, without punctuation or apostrophes, Chinese simplified.
Twilio's and the FCC's opt-out words are all here (platforms.md, B7); those of Chinese, Malay and Tamil are ours.
"""

from collections.abc import Iterable


def phrases(*lines: str) -> frozenset[str]:
    """Phrases that stand in lines, with commas between them."""
    return frozenset(phrase.strip() for line in lines for phrase in line.split(",") if phrase.strip())


# Said alone or among FILLERS, these end it: nobody says them to us and means something else.
STOP = phrases(
    "stop, stopall, stop all, unsubscribe, unsub, optout, opt out",
    "opt me out, fuck off, piss off, go away, get lost, dont spam, do not spam, stop it now, cease, desist",
    "unsubscribe me, remove me, take me off, leave me alone, stop it, revoke, dont text, dont message, dont send",
    "dont contact, do not text, do not message, do not send, do not contact, never text, never message, stop texting",
    "dun send, dun text, dun message, no need send, no need to send, no need to text, no need to message, s t o p",
    "dont want to receive, do not want to receive, dont wish to receive, do not wish to receive, dun want to receive",
    "dont want anymore, dont want any more, dont want already, dun want already, dun want anymore, dun want liao",
    "dont disturb, do not disturb, dont bother me, stop disturbing, stop bothering, stop spamming, stop this nonsense",
    "remove my number, remove my name, delete my number, take my number off, unsubscribe my number, i want out",
    "停止, 退订, 停发, 取消订阅, 不要再发, 别再发, 不要发, 别发, 别再给我发, 别给我发, 不要再传, 拒收",
    "不要打扰, 别打扰, 不要再打扰, 别再打扰, 不要骚扰, 别骚扰, 不要再骚扰, 别再骚扰, 不要烦, 别烦, 不要再烦, 别再烦",
    "滚, 滚开, 走开, 不要再联系, 别再联系, 解除订阅, 取消关注, 退出服务, 停掉, 关闭通知, 关掉通知, td",
    "不要再寄, 别再寄, 不要寄, 别寄, 不要 send, 不要再 send, 别 send, 别再 send",
    "不用发, 不用再发, 不必发, 不必再发, 不需要发, 不需要再发, 无需再发",
    "不要收, 不要再收, 不要再收到, 不想收, 不想再收, 不再接收, 不要接收, 不想接收, 不要再接收",
    "把我删除, 删除我的号码, 把我的号码删除, 从名单中删除, 从名单中删除我, 把我从名单中删除",
    "berhenti, henti, hentikan, berhentikan, berhentilah, stopkan, nyahlanggan, berhenti melanggan, henti langgan",
    "berhenti langgan, batal langgan, jangan hantar, jangan kirim, jangan mesej, jangan sms, jangan teks",
    "jangan whatsapp, jangan ganggu, jangan kacau, jangan hubungi, tak nak langgan, tidak mahu melanggan",
    "tak payah hantar, tak usah hantar, tak perlu hantar, tidak perlu hantar, tidak payah hantar",
    "tak nak terima, taknak terima, tak mahu terima, tak mau terima, tidak mahu terima, tidak mahu menerima",
    "tidak ingin menerima, tak nak menerima, tak mahu menerima, hentikan penghantaran",
    "buang nombor saya, padam nombor saya, keluarkan nombor saya, keluarkan saya",
    "நிறுத்து, நிறுத்தவும், நிறுத்துங்கள், நிறுத்துக, நிறுத்த, நிறுத்திவிடு, நிறுத்திவிடுங்கள், நிறுத்தி விடுங்கள்",
    "ஸ்டாப், அனுப்ப வேண்டாம், அனுப்பவேண்டாம், அனுப்பாதே, அனுப்பாதீர்கள், தொந்தரவு செய்யாதீர்கள், குழுவிலகு",
    "நிறுத்துங்க, நிறுத்திடுங்க, நிப்பாட்டு, நிப்பாட்டுங்க, நிப்பாட்டுங்கள், ஸ்டாப் பண்ணு, ஸ்டாப் பண்ணுங்க",
    "அனுப்பாதீங்க, தொந்தரவு செய்ய வேண்டாம், தொந்தரவு செய்யாதீங்க, தொந்தரவு செய்யாதே",
    "பெற விரும்பவில்லை, பெற விருப்பமில்லை, பெற விருப்பம் இல்லை, எண்ணை நீக்கு, எண்ணை நீக்கவும், எண்ணை நீக்குங்கள்",
    "என்னை நீக்கு, என்னை நீக்கவும், என்னை நீக்குங்கள், பெயரை நீக்கவும், பெயரை நீக்குங்கள்",
    "niruthu, niruthunga, niruthungal, niruthavum, anuppa vendam, anuppathinga, anuppadhinga",
    "stop pannu, stop pannunga",
)

# Said alone these end it, unless an officer is in the middle of something ("cancel"); in a sentence they need a NOUN.
WEAK_STOP = phrases(
    "end, quit, cancel, cancelled, cancle, cancell, revoke consent, i want to cancel",
    "取消, 退出, 结束, 停, 我要取消, 我想取消",
    "batal, batalkan, tamat, tamatkan, keluar, saya nak batal, saya mahu batal",
    "ரத்து, ரத்து செய், ரத்து செய்யவும், ரத்து செய்யுங்கள், ரத்துசெய், விலகு, விலகுகிறேன், விலக",
    "விலக விரும்புகிறேன், நான் விலக விரும்புகிறேன்",
)

# These end it only together with a NOUN: "no more messages".
REFUSING = phrases(
    "no more, dont want, dun want, do not want, dont need, no longer want, dont like, no need",
    "不要, 不想, 不用, 不需要, 别再, 不再, 不想再",
    "tak nak, tidak mahu, tak mahu, tak mau, taknak, tidak perlu, tak perlu, tak payah, tidak ingin, jangan",
    "வேண்டாம், தேவையில்லை, தேவை இல்லை, vendam",
)

# Who has had enough may want less, or nothing: we ask.
ENOUGH = phrases(
    "enough, too many, too much, fewer, less",
    "够了, 太多, 太多了, 少一点",
    "cukup, cukuplah, sudah cukup, dah cukup, tak nak dah, dah tak nak, terlalu banyak, banyak sangat",
    "போதும், அதிகம், podhum",
)

NOUNS = phrases(
    "message, messages, msg, msgs, text, texts, sms, update, updates, notification, notifications, alert, alerts",
    "subscription, subscriptions, announcement, announcements, bulletin, bulletins, spam, news",
    "信息, 短信, 消息, 讯息, 简讯, 通知, 订阅, 推送, 公告, 提醒",
    "mesej, pesanan, pemberitahuan, makluman, langganan, pengumuman, maklumat, notifikasi, berita",
    "செய்தி, செய்திகள், செய்தியை, செய்திகளை, செய்திகளையும், செய்திகளும், சந்தா, சந்தாவை, சந்தாவிலிருந்து",
    "அறிவிப்பு, அறிவிப்புகள், அறிவிப்புகளை, அறிவிப்புகளையும், அறிவிப்பை",
    "தகவல், தகவல்கள், தகவல்களை, மெசேஜ், மெசேஜ்கள், மெசேஜை",
)

# With these a topic's name is a thing in the world: "stop the floods".
POINTING = phrases(
    "the, these, this, it, all, any, everything, 这些, 这个, 所有, 所有的, 全部, ini, itu, semua, இந்த, எல்லா, அனைத்து"
)

# Around a topic's name: "messages about floods".
ABOUT_A_TOPIC = phrases(
    "about, on, regarding, topic, topics, only, just, and, for, related, for now, category",
    "关于, 有关, 主题, 话题, 和, 与, 及, 只, 方面, 类, 的",
    "tentang, mengenai, pasal, berkaitan, berkenaan, topik, dan, sahaja, soal",
    "பற்றி, பற்றிய, குறித்து, குறித்த, தலைப்பு, தலைப்பை, மட்டும், மற்றும், தொடர்பான",
)

# Messages too, but not the word that stops all of them: "warnings" is half of many a topic's name.
WARNINGS = phrases(
    "warnings, warning, reports, report, advisory, advisories, notices, notice",
    "警报, 预警, 警告, 报告",
    "amaran, laporan, notis",
    "எச்சரிக்கை, எச்சரிக்கைகள், எச்சரிக்கைகளை",
)

GREETINGS = phrases(
    "hi, hii, hey there, hello, helo, hey, good morning, good afternoon, good evening, good day, greetings, hi there",
    "hello there",
    "你好, 您好, 哈喽, 嗨, 早上好, 早安, 下午好, 晚上好, 大家好, ni hao",
    "hai, salam, assalamualaikum, selamat pagi, selamat petang, selamat tengah hari, selamat malam, apa khabar",
    "selamat sejahtera",
    "வணக்கம், ஹலோ, ஹாய், காலை வணக்கம், மாலை வணக்கம், vanakkam",
)

THANKS = phrases(
    "thanks, thank you, thx, tq, ty, thanks a lot, many thanks, thank you very much, thank you so much, noted",
    "noted with thanks",
    "谢谢, 谢谢你, 谢谢您, 多谢, 非常感谢, 感谢, 收到, 知道了, 明白",
    "terima kasih, terima kasih banyak, makasih, baiklah, faham",
    "நன்றி, மிக்க நன்றி, மிகவும் நன்றி, nandri, புரிந்தது",
)

POLITE = GREETINGS | phrases(
    "please, pls, plz, plse, kindly, thanks, thank you, thx, tq, ty, ok, okay, sorry, lah, la, leh, can you",
    "could you",
    "would you, will you, can you please, can u, could u, dear, sir, madam, just, now",
    "请, 请你, 请您, 麻烦, 麻烦你, 麻烦您, 谢谢, 谢谢你, 谢谢您, 多谢, 不好意思, 拜托, 帮我, 吧, 啊, 啦, 好的",
    "tolong, sila, minta, mohon, terima kasih, maaf, boleh tolong, ya, tuan, puan, encik",
    "தயவுசெய்து, தயவு செய்து, நன்றி, மன்னிக்கவும், ஐயா, அம்மா, ப்ளீஸ், nandri",
)

FILLERS = POLITE | phrases(
    "i, im, id, we, want, would like, wish, need, like, to, you, u, me, us, my, the, these, this, all, any",
    "anymore, more",
    "sending, send, messaging, texting, getting, receiving, receive, get, from, off, your, it, your list",
    "list, service",
    "immediately, at once, everything, right now, again, subscribing, contacting, of, for, of these, hereby, consent",
    "你, 您, 我, 给我, 向我, 我想, 我要, 想, 要, 了, 再, 发, 发送, 发给我, 所有, 所有的, 全部, 这些, 这个",
    "任何, 立刻, 马上, 立即",
    "现在, 的, 收到, 接收, 收, 服务, 以后, 寄, 传, 发来, 给",
    "saya, aku, kami, nak, mahu, ingin, hendak, hantar, menghantar, menerima, terima, semua, lagi, kepada, ini, itu",
    "sekarang, segera, melanggan, dari, daripada, untuk, pada, anda, awak, kamu, perkhidmatan, dengan, sahaja, je",
    "எனக்கு, என், எனது, நான், நீங்கள், அனுப்புவதை, அனுப்புவது, அனுப்ப, இனி, இனிமேல், உடனே, உடனடியாக, எல்லா, அனைத்து",
    "என்னை, அனைத்தையும், எல்லாவற்றையும், எல்லாம், இந்த, விரும்புகிறேன், வேண்டும், பெற, பெறுவதை, பெறுவது, சேவை, சேவையை, இதை",
    "enakku, seithi, seithigal, sent from my iphone, sent from my phone, sent from my android",
    "fucking, fuck, fking, bloody, damn, damned, shit, bodoh, sial, 他妈的, 妈的, 该死的, 真烦, 烦死了, menyampah",
    "already, liao, leh, lor, enough, apa apa, senarai, cukup, cukuplah, 来, 够了, 这种, 这类, போதும்",
)

START = phrases(
    "start, unstop, subscribe, sign up, signup, sign me up, join, resume, opt in, optin, resubscribe, restart, begin",
    "subscribe me, start again, come back, i want to come back",
    "开始, 订阅, 重新订阅, 恢复, 恢复订阅, 重新开始, 加入, 我要订阅",
    "mula, mulakan, mula semula, langgan, daftar, sertai, sambung semula, langgan semula, mula langgan",
    "தொடங்கு, தொடங்கவும், தொடங்குங்கள், தொடங்க, ஆரம்பி, ஆரம்பிக்கவும், மீண்டும் தொடங்கு, மீண்டும், சேர், சேர்க்கவும்",
    "சந்தா சேர், பதிவு, பதிவு செய், பதிவு செய்யவும், thodangu",
)

HELP = phrases(
    "help, help me, info, menu, commands, what can you do, how does this work, how to use, options",
    "帮助, 帮忙, 帮帮我, 说明, 菜单, 救命, 怎么用",
    "bantuan, bantu, bantu saya, tolong, tolong saya, menu bantuan, maklumat lanjut",
    "உதவி, உதவுங்கள், உதவவும், உதவி வேண்டும், எனக்கு உதவி வேண்டும், உதவி தேவை, udhavi",
)

LANGUAGE = phrases(
    "language, languages, lang, change language, change my language, another language, other language",
    "switch language",
    "语言, 换语言, 改语言, 更改语言, 更换语言, 切换语言, 其他语言, 选择语言",
    "bahasa, tukar bahasa, ubah bahasa, bahasa lain, pilih bahasa",
    "மொழி, மொழியை மாற்று, மொழி மாற்று, மொழி மாற்றம், மொழியை மாற்றவும், வேறு மொழி",
)

TOPICS = phrases(
    "topic, topics, my topics, change topics, change my topics, choose topics, my subscriptions",
    "主题, 话题, 更改主题, 选择主题, 我的主题",
    "topik, topik saya, tukar topik, ubah topik, pilih topik",
    "தலைப்பு, தலைப்புகள், தலைப்புகளை மாற்று, என் தலைப்புகள், எனது தலைப்புகள்",
)

SETTINGS = phrases(
    "settings, setting, my settings, preferences, my preferences, change settings, change my settings",
    "设置, 设定, 我的设置, 更改设置",
    "tetapan, tetapan saya, ubah tetapan, tukar tetapan",
    "அமைப்புகள், எனது அமைப்புகள், அமைப்புகளை மாற்று, விருப்பங்கள்",
)

OFTEN = phrases(
    "how often, frequency, change frequency, 接收频率, 频率, 更改频率, kekerapan, ubah kekerapan, berapa kerap",
    "எவ்வளவு அடிக்கடி",
)

# In these four a number may stand anywhere: "pause 7 days", "quiet hours 10pm to 7am".
PAUSE = phrases(
    "pause, take a break, break, 暂停, 暂停接收, 休息, jeda, jedakan, tangguh, tangguhkan, இடைநிறுத்து, இடைநிறுத்தம்",
    "இடைநிறுத்துங்கள், இடைநிறுத்தவும்",
)

QUIET = phrases(
    "quiet, quiet hours, quiet time, do not disturb hours, night mode, 免打扰, 免打扰时段, 免打扰时间, 静音, 静音时段",
    "waktu senyap, senyap, masa senyap, அமைதி, அமைதி நேரம்",
)

AREA = phrases(
    "area, areas, my area, my areas, district, districts, change area, 地区, 区域, 我的地区, 更改地区",
    "kawasan, kawasan saya, daerah, tukar kawasan, ubah kawasan, பகுதி, பகுதிகள், எனது பகுதி, எனது பகுதிகள்",
)

NONE = phrases("none, off, no quiet hours, turn off, 无, 没有, 关闭, 不设, tiada, tutup, matikan, இல்லை, தேவையில்லை, அணை")

SPANS = phrases(
    "day, days, week, weeks, month, for, a, one, until, from, to, till, am, pm, h, between, and, at, in",
    "the morning, night, evening, a m, p m",
    "天, 日, 周, 个, 月, 个月, 星期, 个星期, 一, 七, 三十, 十, 到, 至, 从, 早上, 晚上, 上午, 下午, 凌晨",
    "二, 三, 四, 五, 六, 八, 九, 点, 时, 半, 点半, 分",
    "hari, minggu, bulan, sehari, seminggu, sebulan, selama, hingga, sampai, pukul, jam, pagi, malam, petang",
    "நாள், நாட்கள், நாட்களுக்கு, வாரம், மாதம், ஒரு, முதல், வரை, மணி, காலை, மாலை, இரவு",
)

LATEST = phrases(
    "latest, the latest, latest news, latest announcement, latest announcements, recent, recent announcements, news",
    "newest, whats new, what is new, last announcement, last announcements, show latest, show me the latest",
    "最新, 最新公告, 最新消息, 最新通知, 最近公告, 最近的公告, 近期公告, 有什么新消息",
    "terkini, terbaru, terbaharu, pengumuman terkini, pengumuman terbaru, berita terkini, apa yang baru",
    "அண்மையவை, அண்மைய, அண்மைய அறிவிப்பு, அண்மைய அறிவிப்புகள், சமீபத்திய, சமீபத்திய அறிவிப்புகள், புதிய அறிவிப்புகள்",
    "புதியவை, கடைசி அறிவிப்பு",
)

# "Is this from you?" Alone they make us ask for the code.
VERIFY = phrases(
    "verify, verify code, verify message, is this real, is it real, is this from you, is this genuine, is this fake",
    "is real, is genuine, is fake, is a scam, is scam, is from you, is it from you, is that real, is it genuine",
    "is it fake, is this message real, is this a scam, is this scam, real or fake, scam or not, is this legit",
    "验证, 核实, 查证, 验证代码, 核实代码, 是真的吗, 这是真的吗, 真的假的, 是不是诈骗, 是诈骗吗, 这是诈骗吗",
    "benarkah, benarkah ini, betulkah, betulkah ini, palsukah ini, adakah benar, adakah palsu",
    "semak, semak kod, sahkan kod, adakah ini benar, adakah ini palsu, betul ke ini, ini betul ke, ini scam ke",
    "உண்மையானதா, இது உண்மையானதா, போலியா",
    "சரிபார், சரிபார்க்க, சரிபார்க்கவும், சரிபாருங்கள், உண்மையா, இது உண்மையா, இது போலியா",
)

# Only together with what looks like a code.
CHECKING = phrases(
    "check, check code, code",
    "查, 查一下, 查询, 检查, 代码",
    "sahkan, periksa, kod",
    "குறியீடு, பார்க்கவும்",
)

ABOUT = phrases(
    "on, about, for, of, in, the, this, message, msg, it, from, with, sms",
    "关于, 有关, 的, 这, 这个, 这则, 信息, 短信, 消息",
    "tentang, mengenai, bagi, untuk, ini, mesej",
    "பற்றி, பற்றிய, இந்த, இது, செய்தி",
)

YES = phrases(
    "yes, y, yep, yeah, yup, sure, ok, okay, agree, i agree, yes subscribe, accept, confirm, correct",
    "是, 是的, 好, 好的, 同意, 我同意, 可以, 对, 行, 要, 确定, 确认, 是订阅, 好订阅",
    "ya, ye, setuju, saya setuju, baik, boleh, ya langgan, sahkan",
    "ஆம், ஆமாம், சரி, ஒப்புக்கொள்கிறேன், சம்மதம், ஆம் சந்தா சேர், aam, sari",
)

NO = phrases(
    "no, n, nope, not now, no thanks, no thank you, later, never, not interested",
    "im not interested, i am not interested, i dont want, i do not want, no need, dun want",
    "不, 不是, 不要, 不用, 不用了, 不了, 不同意, 以后再说, 暂时不要, 不需要",
    "我不要, 我不想, 没兴趣, 不感兴趣, 我没兴趣",
    "tidak, tak, tak nak, tidak mahu, tak mahu, tak mau, taknak, bukan sekarang, tak apa, tidak setuju, nanti",
    "saya tak nak, saya tidak mahu, tak minat, tidak berminat",
    "இல்லை, வேண்டாம், இப்போது வேண்டாம், பிறகு, தேவையில்லை, விருப்பமில்லை, விருப்பம் இல்லை",
    "எனக்கு வேண்டாம், எனக்கு விருப்பம் இல்லை, எனக்கு விருப்பமில்லை, illai, vendam, enakku vendam",
)

DONE = phrases(
    "done, finish, finished, ready, save, continue, next, thats all, that is all, im done",
    "完成, 完成了, 好了, 继续, 保存, 就这些, 下一步",
    "siap, selesai, sudah, teruskan, simpan, itu sahaja",
    "முடிந்தது, முடிந்துவிட்டது, தொடரவும், தொடர், சேமி, அவ்வளவுதான்",
)

MORE = phrases(
    "more, more topics, show more",
    "更多, 更多主题",
    "lagi, lagi topik, topik lain, seterusnya",
    "மேலும், மேலும் தலைப்புகள்",
)

LANGUAGE_NAMES = {
    "en": phrases("english, eng, inggeris, bahasa inggeris, 英文, 英语, ஆங்கிலம், ஆங்கிலத்தில், angilam"),
    "zh_Hans": phrases(
        "chinese, mandarin, zhongwen, cina, bahasa cina, mandarin chinese, simplified chinese, 中文, 华语",
        "华文, 汉语, 普通话",
        "国语, 简体, 简体中文, சீனம், சீன மொழி",
    ),
    "ms": phrases(
        "malay, melayu, bahasa melayu, bahasa malaysia, 马来文, 马来语, 巫文, 巫语, மலாய், மலாய் மொழி",
    ),
    "ta": phrases(
        "tamil, bahasa tamil, thamizh, tamizh, 淡米尔文, 淡米尔语, 泰米尔文, 泰米尔语, தமிழ், தமிழில், தமிழ் மொழி"
    ),
}

LANGUAGE_FILLERS = POLITE | phrases(
    "i, want, to, in, into, use, speak, change, switch, to english, language, my, it, would like, prefer, set",
    "version, the",
    "我, 我要, 我想, 说, 讲, 用, 换, 换成, 改成, 转, 切换到, 版, 要, 想",
    "saya, nak, mahu, tukar, ke, kepada, guna, cakap, dalam, ubah, bahasa, versi",
    "எனக்கு, மாற்று, மாற்றவும், பேசு, வேண்டும், க்கு, மொழி, மொழியில்",
)

# Telling us not to stop, which looks much like telling us to.
_NEGATIONS = ("dont", "do not", "never", "not", "wont", "jangan", "tak nak", "tidak mahu", "tak mahu", "jangan lagi")
_BETWEEN = ("", "want to ", "wish to ", "ever ", "want you to ", "need to ")
_HEADS = (
    "stop",
    "unsubscribe",
    "opt out",
    "cancel",
    "quit",
    "end",
    "berhenti",
    "henti",
    "hentikan",
    "batal",
    "batalkan",
)


def _negated(negations: Iterable[str], between: Iterable[str], heads: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{no} {and_then}{head}" for no in negations for and_then in between for head in heads)


# "I don't want all the alerts": some of them, then.
NOT_ALL = _negated(
    ("dont", "dun", "do not"), ("want ", "need ", "want to receive ", "want to get "), ("all", "every", "everything")
) | phrases(
    "不要全部, 不要所有, 不想要全部, 不想要所有, 不需要全部, 不需要所有, 不想收到所有, 不要收到所有",
    "tak nak semua, taknak semua, tak mahu semua, tidak mahu semua, tak nak terima semua, tidak mahu menerima semua",
    "எல்லா செய்திகளும் வேண்டாம், எல்லா அறிவிப்புகளும் வேண்டாம், எல்லாம் வேண்டாம்",
)

NOT_STOP = (
    NOT_ALL
    | _negated(_NEGATIONS, _BETWEEN, _HEADS)
    | phrases(
        "不要停, 别停, 不想停, 不用停, 不要退订, 别退订, 不想退订, 不要取消, 别取消, 不想取消, 不要再停",
        "没有停, 不会停",
        "நிறுத்த வேண்டாம், நிறுத்தவேண்டாம், நிறுத்தாதே, நிறுத்தாதீர்கள், ரத்து செய்ய வேண்டாம், ரத்து செய்யாதீர்கள்",
    )
)

# With these somebody asks about stopping itself, and about nothing else: "how do I stop?"
HOW_TO = phrases(
    "how, how to, how do, do, does, did, why, when, will, should, shall, can, is, if, what, where, or, or not, not",
    "怎么, 怎样, 如何, 为什么, 为何, 什么时候, 可以, 能, 能不能, 可不可以, 吗, 呢, 不",
    "bagaimana, bagaimana nak, macam mana, mcm mana, kenapa, mengapa, bila, boleh, bolehkah, ke, tak, cara",
    "எப்படி, ஏன், எப்போது, முடியுமா, செய்வது, வேண்டுமா",
)

# Heard anywhere in a text that is no clear stop, these make us ask.
ASK_STOP = NOT_STOP | phrases(
    "stop, unsubscribe, unsub, optout, opt out, 停止, 退订, 取消订阅, 停发, berhenti, henti",
    "hentikan, berhenti melanggan, nyahlanggan, நிறுத்து, நிறுத்தவும், நிறுத்துங்கள், நிறுத்த, நிறுத்துவது",
)

TRADITIONAL = str.maketrans(
    "請煩謝發傳給訂閱訊簡這個務現終關開復說馬來國語華漢換轉題話設選擇幫對確認繼續別錯擾聯係繫還後裡麼嗎時變種災熱點號碼電車學氣區風霧煙間長門東見聽樣網頁報來們會對嚴",
    "请烦谢发传给订阅讯简这个务现终关开复说马来国语华汉换转题话设选择帮对确认继续别错扰联系系还后里么吗时变种灾热点号码电车学气区风雾烟间长门东见听样网页报来们会对严",
)
