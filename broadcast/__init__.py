"""Saying one thing to many: from a draft to a finished broadcast, and bulletins that go out by themselves.

For whoever drafts (NotAllowed: not this officer's; states.ForbiddenMove: not from where it stands):

    compose.draft(session, agency, officer, *, kind, now, report_sender_id=None, report_to=None) -> Broadcast
    compose.set_kind / set_topic(session, broadcast, officer, value)   topic None: everybody who consented
    compose.set_areas(session, broadcast, officer, area_ids)           none: everywhere
    compose.set_text(session, broadcast, officer, *, locale, text)     drop_text(..., locale=)
    compose.set_fallback(session, broadcast, officer, locale | None)
    compose.text_problems(session, broadcast, locale, *, limits_of) -> [Problem]       of one text by itself
    compose.problems / cautions(session, broadcast, *, limits_of) -> [Problem]         of everything
    compose.explain(problem, locale) -> str                            a sentence for the officer
    previews.of(session, broadcast, *, limits_of) -> [Preview(locale, readers, text, template | None)]
    compose.fingerprint(session, broadcast) -> str                     what a confirmation is bound to
    compose.by_code / recent / under_way                               only ever of one agency

For whoever approves, and what needs it (each of these asks anew, under the row's lock):

    policy.set_rule / remove_rule / approvers_for                      how many approvers, by kind and people
    approving.submit(session, broadcast, officer, *, fingerprint, limits_of, now) -> how many it needs
    approving.rule(session, broadcast, officer, ruling, *, fingerprint, reason, now) -> Verdict
    approving.take_back(session, broadcast, officer, *, now)           to be changed: approvals are void
    approval_cards.ask / rewrite / tell_verdict / tell_glass           what approvers and authors read
    scheduling.schedule / unschedule / run                             at an hour, by the clock

For whoever counts, sends and stops:

    counting.count(session, broadcast, *, now) -> Count(people, by_channel, by_locale, cells, left_out)
    counting.Counts(session, *, now).of(broadcast) -> Count            the same, once for all that one turn asks
    counting.estimate(session, broadcast, *, limits_of) -> Estimate(span, by_sender)
    blocks.bounds / opening / others / people                          the frozen audience, piece by piece
    launch.confirm(session, broadcast, officer, *, fingerprint, limits_of, now)   once; Changed, Unready, Unapproved,
                                                                       ForbiddenMove
    launch.break_glass(..., reason)                                    an alert without approval
    launch.pause / resume / cancel(session, broadcast, officer, *, now)        and all that left together with it
    together.of / sent / is_foremost                                   what one occurrence sent, set by set
    planning.plan(sessions, broadcast_id, *, limits_of, clock)         the worker's step behind the task `launch`

For whoever looks again (`aftercare`: ForbiddenMove, NotAllowed, RetryUnderWay):

    aftercare.retry(session, first, officer, *, outcome, now) / correct(session, first, officer, *, now) -> a draft
    aftercare.recall(session, first, officer, *, now, report_sender_id, report_to) -> Broadcast, launched
    recalls.outlook(session, first, *, limits_of, now) -> [Part(channel, removable, too_old, lasting)]
    who.numbers / lines / content(session, broadcast, outcome)         why, and a file that names nobody
    picture.of(session, broadcast_id, code) -> PNG | None              the time-to-reach curve

For whoever looks after templates (`templating`: Unfit, TooMany, NotAllowed; `template_news` tells how they go):

    templating.of_agency / find / write / delete                       rows; the provider is called by the task
    template_work.follow(office, template_id)                          the task `template`: submit, look or delete

For whoever reads, anybody: only what was launched, and nothing is written:

    published.published(session, agency_id, code) -> Published | None  its texts, when, and whether it still holds
    published.latest(session, agency_id, *, topic_ids, limit, before) -> [Published]   alerts, notices, newest first

For the answer to who just subscribed:

    in_force.hand_over(session, agency, subscriber, topic_ids, *, is_newcomer, now) -> [Handed]   each alert once

For officers, about bulletins (under the row's lock; occurring.Passed: it stands otherwise by now; compose.NotAllowed):

    defining.may_use / may_define                                      who skips and sends; who makes and changes
    occurring.skip / unskip(session, bulletin, officer, *, local_at, now)      the next hour
    occurring.ask(session, bulletin, officer, *, after, now)           one now, which the clock runs; `after` is a mark
    occurring.outlook(session, bulletin, *, limits_of, now) -> Outlook         the next one as it would go
    previewing.place(session, bulletin, *, sender_id, to, locale, now)         the same with what its feeds say: the
                                                                       clock reads them and sends it (`gathering`)
    changing.set_* / pause / resume / remove(session, bulletin, officer, ..., *, now)

For the clock and the operators: `bulletins` (define, every, stop, run), `clock` (tick, run), `report` (progress, card,
unreached). Pure: `states`, `content`, `characters`, `schedule`, `template_rules`.
May import delivery and everything below it.
"""
