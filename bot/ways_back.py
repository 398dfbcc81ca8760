"""What people say for the goodbye's ways back, besides their labels, where it is what they were offered last. Data.

Each says what is wanted and that it is only that: a bare "alerts" or "back" subscribes nobody.
"""

from bot.vocabulary import phrases

DAILY_ONLY = phrases(
    "daily only, daily summary, only daily summary, daily digest, digest only, once a day, only once a day",
    "每日摘要, 只要摘要, 每天一次, 只要每天一次",
    "harian sahaja, ringkasan harian sahaja, ringkasan sahaja, sehari sekali",
    "சுருக்கம் மட்டும், தினமும் ஒருமுறை, தினசரி சுருக்கம் மட்டும்",
)

ALERTS_ONLY = phrases(
    "only alerts, just alerts, urgent only, urgent alerts only, emergencies only",
    "只收警报, 仅警报, 只要紧急警报",
    "hanya amaran, amaran penting sahaja",
    "எச்சரிக்கைகள் மட்டும், அவசர எச்சரிக்கைகள் மட்டும்",
)

COME_BACK = phrases(
    "come back as before, i want to come back, as before, everything as before",
    "我要回来, 和以前一样",
    "seperti dahulu, seperti sebelum ini, saya nak kembali",
    "முன்பு போலவே, மீண்டும் சேர விரும்புகிறேன்",
)
