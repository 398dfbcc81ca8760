"""What every channel promises of pictures, documents and locations."""

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from channels.contract import (
    Accepted,
    Attachment,
    Channel,
    Inbound,
    Media,
    MediaKind,
    Message,
    Place,
    Refusal,
    Rejected,
    Unavailable,
    Unreachable,
)
from tests.channels.contract_base import ContractBase, refused, with_channel
from tests.channels.listening import Door
from tests.simulated import Simulator

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture of the dam"
PDF = b"%PDF-1.7 the plan"
PLACES = [Place(1.3521, 103.8198, "Relief centre"), Place(-33.86, 151.2)]


class MediaContract(ContractBase):
    """Media arrive with their words, are uploaded once, and never cost anybody the text."""

    def picture(self, door: Door, content: bytes = PNG, **parts: Any) -> Media:
        """A picture, also to be had at the door."""
        return _media(door, MediaKind.PHOTO, content, "map.png", "image/png", **parts)

    def shown(self, simulator: Simulator, phone: dict[str, Any]) -> list[tuple[str, str | None]]:
        """Text and kind of media of what a phone got, once everything has come."""
        return [
            (message["text"], (message["media"] or {}).get("kind"))
            for message in simulator.messages(phone["id"])
            if message["from"] == "bot"
        ]

    def test_a_picture_arrives_with_its_text_in_one_message(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any]
    ) -> None:
        said = self.message(phone, "The dam at noon", media=self.picture(door, alternative="A full dam"))
        accepted = with_channel(channel, lambda c: c.send(said))
        simulator.wait_for(lambda: self.shown(simulator, phone))
        (message,) = (m for m in simulator.messages(phone["id"]) if m["from"] == "bot")
        assert (message["id"], message["text"], message["media"]["kind"]) == (
            accepted.provider_id,
            "The dam at noon",
            "photo",
        )
        assert simulator.file(message["media"]["file"]) == PNG

    def test_a_document_arrives_with_its_text(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any]
    ) -> None:
        media = _media(door, MediaKind.DOCUMENT, PDF, "plan.pdf", "application/pdf")
        with_channel(channel, lambda c: c.send(self.message(phone, "The plan", media=media)))
        is_caption = MediaKind.DOCUMENT in channel.limits.captions
        wanted = [("The plan", "document")] if is_caption else [("The plan", None), ("", "document")]
        simulator.wait_for(lambda: len(self.shown(simulator, phone)) == len(wanted))
        assert self.shown(simulator, phone) == wanted

    @pytest.mark.parametrize("place", PLACES, ids=["named", "unnamed"])
    def test_a_location_arrives_below_its_text(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any], place: Place
    ) -> None:
        media = Media(MediaKind.LOCATION, "place", place=place)
        with_channel(channel, lambda c: c.send(self.message(phone, "Go there", media=media)))
        text, pin = (m for m in simulator.messages(phone["id"]) if m["from"] == "bot")
        assert (text["text"], text["media"]) == ("Go there", None)
        found = pin["media"]
        assert (found["latitude"], found["longitude"]) == pytest.approx((place.latitude, place.longitude))

    def test_a_text_too_long_for_a_caption_goes_first_and_the_picture_below_it(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any]
    ) -> None:
        text = "x" * (channel.limits.caption_length + 1)
        said = self.message(phone, text, reference="b1:1", media=self.picture(door, alternative="A full dam"))

        async def sent(c: Channel) -> tuple[int, Accepted]:
            prepared = await c.prepare(said)
            return prepared.messages, await prepared.send(said.to, said.reference)

        messages, accepted = with_channel(channel, sent)
        simulator.wait_for(lambda: len(self.shown(simulator, phone)) == 2)
        assert messages == 2
        assert self.shown(simulator, phone) == [(text, None), ("A full dam", "photo")]
        (first, _) = (m for m in simulator.messages(phone["id"]) if m["from"] == "bot")
        assert first["id"] == accepted.provider_id.partition("+")[0]  # of both, where the second has a name of its own

    def test_many_get_the_picture_once_each_and_it_is_uploaded_once(
        self, simulator: Simulator, channel: Channel, door: Door, bot: str
    ) -> None:
        people = [simulator.phone(i) for i in simulator.new_phones(40, self.name, started_with=bot)]

        async def everybody(c: Channel) -> list[Accepted]:
            prepared = await c.prepare(Message("", "The dam", media=self.picture(door)))
            assert prepared.messages == 1
            return await asyncio.gather(*(prepared.send(self.address(p), f"1-{n}-1") for n, p in enumerate(people)))

        accepted = with_channel(channel, everybody)
        for person in people:
            simulator.wait_for(lambda person=person: self.shown(simulator, person))  # type: ignore[misc]
            assert self.shown(simulator, person) == [("The dam", "photo")]
        uploads = [e for e in self.sends(simulator) if (e["media"] or "").startswith("upload")]
        handles = {one.handle for one in accepted} - {None}
        assert len(uploads) == len(handles) <= 1
        self.reuses(simulator, door, handles)

    def reuses(self, simulator: Simulator, door: Door, handles: set[str | None]) -> None:
        """A handle is good for another process of this sender, which has no content."""
        for handle in handles:
            person = simulator.phone(simulator.new_phones(1, self.name, started_with=self.bot_id(simulator))[0])
            media = replace(self.picture(door), content=None, handle=handle)
            other = self.made(self.line(simulator, door.url))
            with_channel(other, lambda c, m=media, p=person: c.send(self.message(p, "Again", media=m)))  # type: ignore[misc]
            assert self.shown(simulator, person) == [("Again", "photo")]

    def bot_id(self, simulator: Simulator) -> str:
        """The sender's id in the simulator."""
        (bot,) = simulator.call("GET", "/api/state")["bots"]
        return str(bot["id"])

    def test_who_cannot_be_reached_does_not_keep_the_picture_from_the_others(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any]
    ) -> None:
        async def both(c: Channel) -> list[Accepted | BaseException]:
            prepared = await c.prepare(Message("", "The dam", media=self.picture(door)))
            sends = (prepared.send(to, "1-1-1") for to in (self.unreachable_address, self.address(phone)))
            return await asyncio.gather(*sends, return_exceptions=True)

        lost, taken = with_channel(channel, both)
        assert isinstance(lost, Unreachable)
        assert isinstance(taken, Accepted)
        simulator.wait_for(lambda: self.shown(simulator, phone) == [("The dam", "photo")])

    def test_media_the_app_does_not_show_leave_their_words(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any]
    ) -> None:
        media = replace(self.picture(door), mime_type="image/x-unknown")
        said = self.message(phone, "The dam", media=media, without_media="The dam\n\nIt is full")
        with_channel(channel, lambda c: c.send(said))
        assert self.shown(simulator, phone) == [("The dam\n\nIt is full", None)]

    def test_a_picture_too_large_is_rejected_unsent(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any]
    ) -> None:
        media = replace(self.picture(door), size=channel.limits.photo_bytes + 1)
        assert isinstance(refused(channel, self.message(phone, media=media)), Rejected)
        assert self.sends(simulator) == []

    @pytest.mark.parametrize(("status", "may_be_sent"), [(500, True), (503, False)])
    def test_a_provider_in_trouble_with_a_picture_is_asked_only_once(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], status: int, may_be_sent: bool
    ) -> None:
        simulator.fault("server_error", channel=self.name, status=status)
        refusal = refused(channel, self.message(phone, media=self.picture(door)))
        assert isinstance(refusal, Unavailable)
        assert (refusal.may_be_sent, len(self.sends(simulator))) == (may_be_sent, 1)

    # --- what people send

    def test_a_picture_somebody_sends_can_be_fetched(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], bot: str
    ) -> None:
        simulator.send(phone["id"], bot, "photo", PNG, text="look")
        said = self.heard(channel, door)
        assert said.text == "look"
        assert said.attachment is not None
        assert said.attachment.kind is MediaKind.PHOTO
        attachment = said.attachment
        assert with_channel(channel, lambda c: c.fetch(attachment)) == PNG

    def test_a_document_somebody_sends_can_be_fetched(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], bot: str
    ) -> None:
        simulator.send(phone["id"], bot, "document", PDF, name="plan.pdf")
        attachment = self.heard(channel, door).attachment
        assert attachment is not None
        assert (attachment.kind, attachment.mime_type) == (MediaKind.DOCUMENT, "application/pdf")
        assert with_channel(channel, lambda c: c.fetch(attachment)) == PDF

    def test_a_location_somebody_sends_is_heard(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], bot: str
    ) -> None:
        simulator.send(phone["id"], bot, "location", latitude=1.25, longitude=103.5, name="Here")
        attachment = self.heard(channel, door).attachment
        assert attachment == Attachment(MediaKind.LOCATION, place=Place(1.25, 103.5, "Here"))

    def test_a_file_nobody_has_is_refused_and_no_foreign_host_is_asked(self, channel: Channel) -> None:
        for file in ("http://127.0.0.1:9/secret", "https://evil.example/x", "no-such-file"):
            with pytest.raises(Refusal):
                with_channel(channel, lambda c, f=file: c.fetch(Attachment(MediaKind.PHOTO, f)))  # type: ignore[misc]

    def heard(self, channel: Channel, door: Door) -> Inbound:
        """The one thing that was said."""
        (said,) = door.events(channel, at_least=1)
        assert isinstance(said, Inbound)
        return said


def _media(door: Door, kind: MediaKind, content: bytes, name: str, mime_type: str, **parts: Any) -> Media:
    key = hashlib.sha256(content).hexdigest()
    door.shelf[key] = (content, mime_type)
    return Media(kind, key, name=name, mime_type=mime_type, size=len(content), content=content, token=key, **parts)
