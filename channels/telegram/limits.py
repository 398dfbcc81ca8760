"""What Telegram can do (sources: README.md). Apart from the channel, because asking costs no SDK."""

from datetime import timedelta

from channels.contract import LARGEST, TEXT, Limits

PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})

LIMITS = Limits(
    text_length=4096,
    template_length=4096,
    label_length=64,
    buttons=100,
    list_items=0,
    rate=30.0,
    has_receipts=False,
    has_read_receipts=False,
    can_edit=True,
    delete_within=timedelta(hours=48),
    reply_window=None,
    needs_template=False,
    text_unit="utf-16",
    paid_rate=1000.0,  # switched on in @BotFather
    paid_price=0.1,  # for each message over the free 30 a second
    paid_currency="Telegram Stars",
    caption_length=1024,
    photo_types=PICTURES,
    photo_bytes=LARGEST,
    document_types=PICTURES | {"application/pdf", "text/csv", TEXT},
    document_bytes=LARGEST,  # Telegram takes 50 MB; nothing of ours is larger than this
    has_locations=True,
    has_groups=True,
)
