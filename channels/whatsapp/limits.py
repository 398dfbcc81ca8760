"""What WhatsApp over Twilio can do (sources: README.md). Apart from the channel, because asking costs no SDK."""

from datetime import timedelta

from channels.contract import WORD, AddressKind, Limits, MediaKind

LIMITS = Limits(
    text_length=1600,
    template_length=1024,
    label_length=20,
    buttons=3,
    list_items=10,
    rate=80.0,
    has_receipts=True,
    has_read_receipts=True,
    can_edit=False,
    delete_within=None,
    reply_window=timedelta(hours=23, minutes=55),
    needs_template=True,
    address_kind=AddressKind.PHONE,
    address_prefix="whatsapp:",
    caption_length=1024,
    captions=frozenset({MediaKind.PHOTO}),
    photo_types=frozenset({"image/jpeg", "image/png"}),
    photo_bytes=5 * 1024 * 1024,
    document_types=frozenset({"application/pdf", WORD}),
    document_bytes=16 * 1024 * 1024,
    has_locations=True,
    tiers=(250, 2_000, 10_000, 100_000),
)
