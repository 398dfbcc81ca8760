"""The post office: one message to one address, for everybody who sends.

A broadcast arrives as a consignment: its wordings, its batches, its lane and its policy. Everything else arrives as a
letter. `batches` leases work, `recovery` sees to what a lost worker left, `gate` decides who may be written to,
`throttle` holds the brakes, `dispatch` works on a batch, `flight` is where messages are in the air, `rounds` and
`receipts` settle what became of them (by `outcomes`), in the `ledger`, and how long it took in `curves`; `reach` holds
failures against addresses (`quarantine`, by `hygiene`) unless the `breaker` is open; `meters` counts for Prometheus;
`tasks` is what the engine calls (`engine`, `floor`), and the `herald` passes on what a web process wants done.
May import subscribers, staff, db, locales and channels.contract.

For whoever launches (`open`, `add_wording` and `planned` may be repeated; workers are woken after the commit):

    consignments.open(session, id, *, agency_id, lane, policy, topic_id, cadences, deadline_at, now,
        launched_at=None) -> Consignment
    consignments.add_wording(session, id, *, sender_id, locale, text, template_id=None, variables=None)
        one for each sender and *every* enabled locale: a person whose locale has none is withheld (no_wording)
    batches.add(session, id, *, sender_id, lane, position, ids, now, attempt=1) -> batch id
    batches.last_position(session, id, sender_id) -> int | None        where an interrupted launch goes on
    batches.useful_size(rate) -> int                                   how many ids a batch should hold
    consignments.planned(session, id)                                  every batch has been written

For whoever watches and stops:

    consignments.pause / resume / stop(session, id) -> bool            True if it changed anything
    consignments.tallies(session, *ids) -> dict[DeliveryState, int]
    consignments.progress(session, id) -> Progress(people, settled, retrying, doubted, tallies)
    consignments.is_complete(session, id) -> bool
    curves.of(session, ids) -> {id: {Milestone: Percentiles(people, p50, p90, p99)}}
    queues.lines, retries, letters, in_doubt, brakes: what waits, bounded
    pulse.beat, alive: which processes are there

For whoever looks again: `amends` (what people have is rewritten or taken back, where a consignment has such an `aim`).
For whoever answers:

    letters.post(session, *, sender_id, agency_id, to, draft, now) -> Letter
        with draft.file it encloses a file for that address alone (`enclosures`)
    letters.post_card(session, *, sender_id, agency_id, to, key, draft, now, again=False) -> Letter
    retries.release(session, *, agency_id, subscriber_id, until, now) -> int   what waited for this end of quiet hours
    latecomers.note(session, id, subscriber_id, *, now) -> bool        they are handed this alert now, and by no batch

For whoever settles, once, after the ledger:
    reach.after_send(session, sender_id, *, agency_id, sent, lost=(), arrived=(), now)
For the door: receipts.settle(session, sender, receipts, *, now) -> Settled(settled, ignored)
For the clock: batches.wake_expired, retries.gather, postman.wake_due, senders.wake_ready, breaker.watch
(session, now) -> int,
consignments.close_complete(session, now) -> ids
For the clock's sweeps: retention.seal, count, drop, drop_taken_out, leave, forget_letters, enclosures.forget
(session, now), make_room; retention.reasons(session, id) -> {reason: people} once the deliveries have left
For operators: senders.add, find, of_agency, everyone, set_template, templates_in_use, stop, resume;
breaker.opened, set_usual; recovery.stuck, unstick
For the processes: engine.Engine, herald.Herald, loop.Loop, throttle.LocalThrottle / RedisThrottle, tasks.Office, work,
alert, post
Only `office.Office.step` commits.
"""
