"""The words with which people join their apps and use their rights, in every language. Data only.

All are written as `spelling.normalise` leaves them.
"""

from bot.vocabulary import phrases

JOIN = phrases(
    "join apps, join my apps, join my accounts, join another app, link my apps, connect my apps, same person",
    "合并, 合并账号, 连接应用, 连接我的应用, 关联账号",
    "gabung aplikasi, gabungkan aplikasi, gabung akaun, gabungkan akaun saya, sambung aplikasi saya",
    "செயலிகளை இணை, செயலிகளை இணைக்கவும், கணக்குகளை இணை, என் செயலிகளை இணை, இணை",
)
LEAVE_JOIN = phrases(
    "leave join, unjoin, separate my apps, separate apps, split my apps, disconnect my apps, separate them",
    "分开, 取消合并, 分开账号, 断开应用, 把它们分开",
    "asingkan aplikasi, asingkan akaun, nyahgabung, pisahkan aplikasi saya, asingkan, asingkannya",
    "செயலிகளை பிரி, கணக்குகளை பிரி, இணைப்பை நீக்கு, பிரி, பிரியுங்கள்",
)
LEAVE_DRILLS = phrases(
    "leave drills, leave the drills, leave the drill list, no more drills",
    "退出演练, 退出演练名单, 不再参加演练",
    "keluar latihan, keluar daripada senarai latihan, tiada latihan lagi",
    "பயிற்சியிலிருந்து விலகு, பயிற்சி பட்டியலிலிருந்து விலகு",
)
MY_DATA = phrases(
    "my data, mydata, show my data, send my data, what do you know about me, what do you hold about me",
    "我的资料, 我的数据, 查看我的资料, 你们有我的什么资料",
    "data saya, maklumat saya, tunjukkan data saya, apa yang anda simpan tentang saya",
    "என் தரவு, எனது தரவு, என் தகவல், எனது தகவல், என்னை பற்றிய தகவல்",
)
HISTORY = phrases(
    "history, my history, consent history, what did i agree to",
    "记录, 同意记录, 我的记录, 我同意了什么",
    "sejarah, sejarah persetujuan, sejarah saya, apa yang saya setuju",
    "வரலாறு, ஒப்புதல் வரலாறு, என் வரலாறு, எனது வரலாறு",
)
DELETE_ME = phrases(
    "delete me, deleteme, delete my data, delete everything, delete all my data, erase my data, forget me",
    "删除我的资料, 删除我的数据, 删除资料, 忘记我, 注销",
    "padam data saya, padamkan data saya, hapuskan data saya, lupakan saya, padam semua data saya",
    "என் தரவை அழி, எனது தரவை அழி, என் தரவை நீக்கு, எனது தரவை நீக்கு, என்னை மறந்துவிடுங்கள்",
)
DELETE = phrases(
    "delete, delete all, delete everything, yes delete, yes delete everything",
    "删除, 全部删除, 是删除, 确认删除",
    "padam, padam semua, ya padam, hapus, ya padam semua",
    "அழி, அனைத்தையும் அழி, ஆம் அழி, நீக்கு, ஆம் நீக்கு",
)
