"""What people type, in each language, as they would. Nothing here is read by us; it only has to be understood."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language's. `language` is the language's own name for itself, as its speakers write it."""

    start: str
    done: str
    yes: str
    topics: str
    settings: str
    quiet: str
    often: str
    area: str
    bedok: str
    jurong: str
    pause: str
    stop: str
    stop_floods: str
    too_many: str
    fewer: str
    my_data: str
    history: str
    delete_me: str
    delete: str
    latest: str
    verify: str
    join: str
    unjoin: str
    language: str
    name: str
    help: str
    library: str
    drain: str
    repaired: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        start="start",
        done="done",
        yes="yes",
        topics="my topics",
        settings="settings",
        quiet="quiet hours 10pm to 7am",
        often="how often",
        area="my area",
        bedok="Bedok",
        jurong="Jurong",
        pause="pause for a week",
        stop="Please stop sending me messages",
        stop_floods="stop flood alerts",
        too_many="too many messages",
        fewer="only alerts please",
        my_data="my data",
        history="history",
        delete_me="delete my data",
        delete="delete",
        latest="latest",
        verify="is this real? {code}",
        join="join my apps",
        unjoin="separate my apps",
        language="language",
        name="English",
        help="help",
        library="When is the library open?",
        drain="When is the drain in Bedok repaired?",
        repaired="It is repaired on Friday.",
    ),
    "zh_Hans": Words(
        start="开始",
        done="完成",
        yes="同意",
        topics="我的主题",
        settings="设置",
        quiet="免打扰 晚上10点到早上7点",
        often="频率",
        area="我的地区",
        bedok="勿洛",
        jurong="裕廊",
        pause="暂停7天",
        stop="请不要再发信息给我",
        stop_floods="停止水灾警报",
        too_many="信息太多了",
        fewer="只收警报，谢谢",
        my_data="我的资料",
        history="我的记录",
        delete_me="删除我的资料",
        delete="删除",
        latest="最新公告",
        verify="这是真的吗 {code}",
        join="合并账号",
        unjoin="分开账号",
        language="语言",
        name="中文",
        help="帮助",
        library="图书馆几点开？",
        drain="勿洛的水沟什么时候修好？",
        repaired="星期五会修好。",
    ),
    "ms": Words(
        start="mula",
        done="siap",
        yes="setuju",
        topics="topik saya",
        settings="tetapan",
        quiet="waktu senyap 10 malam hingga 7 pagi",
        often="berapa kerap",
        area="kawasan saya",
        bedok="Bedok",
        jurong="Jurong",
        pause="jeda seminggu",
        stop="Tolong berhenti hantar mesej",
        stop_floods="berhenti amaran banjir",
        too_many="terlalu banyak mesej",
        fewer="hanya amaran, terima kasih",
        my_data="data saya",
        history="sejarah saya",
        delete_me="padam data saya",
        delete="padam",
        latest="pengumuman terkini",
        verify="adakah ini benar? {code}",
        join="gabungkan akaun saya",
        unjoin="asingkan akaun",
        language="tukar bahasa",
        name="Bahasa Melayu",
        help="bantuan",
        library="Pukul berapa perpustakaan dibuka?",
        drain="Bilakah longkang di Bedok akan dibaiki?",
        repaired="Longkang itu dibaiki pada hari Jumaat.",
    ),
    "ta": Words(
        start="தொடங்கு",
        done="முடிந்தது",
        yes="ஒப்புக்கொள்கிறேன்",
        topics="என் தலைப்புகள்",
        settings="அமைப்புகள்",
        quiet="அமைதி நேரம் இரவு 10 மணி முதல் காலை 7 மணி வரை",
        often="எவ்வளவு அடிக்கடி",
        area="எனது பகுதி",
        bedok="பிடோக்",
        jurong="ஜூரோங்",
        pause="ஒரு வாரம் இடைநிறுத்தம்",
        stop="தயவுசெய்து செய்திகளை நிறுத்துங்கள்",
        stop_floods="வெள்ள எச்சரிக்கையை நிறுத்து",
        too_many="செய்திகள் அதிகம்",
        fewer="எச்சரிக்கைகள் மட்டும், நன்றி",
        my_data="என் தரவு",
        history="என் வரலாறு",
        delete_me="என் தரவை அழி",
        delete="அழி",
        latest="அண்மைய அறிவிப்புகள்",
        verify="இது உண்மையா {code}",
        join="கணக்குகளை இணை",
        unjoin="கணக்குகளை பிரி",
        language="மொழியை மாற்று",
        name="தமிழ்",
        help="உதவி",
        library="நூலகம் எப்போது திறக்கும்?",
        drain="பிடோக்கில் உள்ள வடிகால் எப்போது சரிசெய்யப்படும்?",
        repaired="வெள்ளிக்கிழமை சரிசெய்யப்படும்.",
    ),
}
