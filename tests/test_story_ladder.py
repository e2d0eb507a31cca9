"""The shipped policies, from the first reminder to the agency."""

from tests.stories import Story, shipped, table


def test_a_notice_two_calls_a_plan_agreed_an_instalment_missed_and_the_agency(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-16")
    story.call("no_answer")
    story.until("2026-02-21")
    story.call("promised")
    story.plan(("50.00", "2026-03-02"), ("50.00", "2026-04-01"))
    story.until("2026-03-05")
    story.approve()
    story.until("2026-04-30")
    assert story.decisions() == table("""
        2026-01-07  ReminderIssued     friendly-reminder  INV-1
        2026-02-09  ReminderIssued     notice             INV-1
        2026-02-16  CallScheduled      first-call         INV-1
        2026-02-21  CallScheduled      second-call        INV-1
        2026-02-26  StepWithheld       agency             INV-1 promise_pending
        2026-03-05  PromiseBroken      plan/1             0
        2026-03-05  PromiseWithdrawn   plan               instalment plan/1 was missed
        2026-03-05  PlacementProposed  agency             INV-1
    """)
    assert story.account.placements.popitem()[1].status == "placed"


def test_two_calls_without_a_response_and_the_agency(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-16")
    story.call("voicemail")
    story.until("2026-02-21")
    story.call("no_answer")
    story.until("2026-03-31")
    assert story.decisions(since="2026-02-21T00:00") == table("""
        2026-02-21  CallScheduled      second-call  INV-1
        2026-02-26  PlacementProposed  agency       INV-1
    """)


def test_a_response_gives_the_debtor_a_week_before_the_next_call(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.hear()
    story.until("2026-02-28")
    assert story.decisions(since="2026-02-10T00:00") == table("""
        2026-02-16  StepWithheld   first-call  INV-1 response
        2026-02-19  CallScheduled  first-call  INV-1
    """)


def test_the_automatic_variant_places_at_once(story: Story) -> None:
    story.follow("notice-calls-agency-automatic")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-16")
    story.call("no_answer")
    story.until("2026-02-21")
    story.call("no_answer")
    story.until("2026-03-31")
    assert story.decisions(since="2026-02-22T00:00") == table("2026-02-26 AccountPlaced agency INV-1")
    assert story.account.open_items["INV-1"].placement in story.account.placements


def test_a_placement_that_is_declined_is_not_proposed_again(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-16")
    story.call("no_answer")
    story.until("2026-02-21")
    story.call("no_answer")
    story.until("2026-02-27")
    story.decline()
    story.until("2026-04-30")
    assert story.decisions("PlacementProposed") == table("2026-02-26 PlacementProposed agency INV-1")
    assert story.account.open_items["INV-1"].placement is None


def test_a_scheduled_call_that_nobody_made_is_followed_by_nothing(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-04-30")
    assert story.decisions(since="2026-02-10T00:00") == table("2026-02-16 CallScheduled first-call INV-1")
    assert next(iter(story.account.calls_due.values())).step == "first-call"


def test_no_step_above_an_unmade_call_is_due_though_its_own_day_has_come(story: Story) -> None:
    story.publish(shipped("thirty-sixty-ninety", ("if = { not_reached = false }\n", "")))
    story.follow("thirty-sixty-ninety")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-04-30")
    assert story.decisions() == table("""
        2026-02-09  ReminderIssued  letter  INV-1
        2026-03-11  CallScheduled   call    INV-1
    """)


def test_a_policy_may_say_how_long_it_waits_for_a_call(story: Story) -> None:
    waits = 'call = { script = "first-call", if_unmade_after = 3 }'
    story.publish(shipped("notice-calls-agency", ('call = { script = "first-call" }', waits)))
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-03-31")
    # Three days after the 16th nobody has called; the second call comes five days after that.
    assert story.decisions(since="2026-02-10T00:00") == table("""
        2026-02-16  CallScheduled  first-call   INV-1
        2026-02-24  CallScheduled  second-call  INV-1
    """)


def test_a_letter_at_30_a_call_at_60_and_the_agency_at_90(story: Story) -> None:
    story.follow("thirty-sixty-ninety")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-03-11")
    story.call("refused")
    story.until("2026-04-30")
    assert story.decisions() == table("""
        2026-02-09  ReminderIssued     letter  INV-1
        2026-03-11  CallScheduled      call    INV-1
        2026-04-10  PlacementProposed  agency  INV-1
    """)


def test_a_call_made_long_after_its_day_keeps_the_agency_at_its_distance(story: Story) -> None:
    story.follow("thirty-sixty-ninety")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-04-15")
    story.call("reached")
    story.until("2026-05-31")
    # The call belonged to day 60 and the agency to day 90: thirty days lie between them.
    assert story.decisions("PlacementProposed") == table("2026-05-15 PlacementProposed agency INV-1")


def test_a_debtor_not_reached_gets_a_final_letter_seven_days_and_the_agency(story: Story) -> None:
    story.follow("thirty-sixty-ninety")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-03-11")
    story.call("voicemail")
    story.until("2026-04-30")
    assert story.decisions(since="2026-03-11T00:00") == table("""
        2026-03-11  CallScheduled      call                INV-1
        2026-03-14  ReminderIssued     final-letter        INV-1
        2026-03-21  PlacementProposed  agency-unanswered   INV-1
    """)


def test_an_answer_to_the_final_letter_puts_the_agency_off(story: Story) -> None:
    story.follow("thirty-sixty-ninety")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-03-11")
    story.call("no_answer")
    story.until("2026-03-19")
    story.hear()
    story.until("2026-04-30")
    assert story.decisions(since="2026-03-12T00:00") == table("""
        2026-03-14  ReminderIssued     final-letter        INV-1
        2026-03-21  StepWithheld       agency-unanswered   INV-1 response
        2026-03-26  PlacementProposed  agency-unanswered   INV-1
    """)


def test_a_debtor_who_cannot_be_located_is_traced_and_not_placed(story: Story) -> None:
    story.follow("thirty-sixty-ninety")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-03-11")
    story.call("wrong_number")
    story.until("2026-03-15")
    story.send_back()
    story.until("2026-04-30")
    assert story.decisions(since="2026-03-11T00:00") == table("""
        2026-03-11  CallScheduled    call          INV-1
        2026-03-14  ReminderIssued   final-letter  INV-1
        2026-03-15  TraceRequested   trace         INV-1
    """)


def test_a_letter_that_came_back_goes_out_again_when_the_debtor_is_found(story: Story) -> None:
    story.follow("thirty-sixty-ninety")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-12")
    story.send_back()
    story.until("2026-02-20")
    story.locate()
    story.until("2026-02-28")
    assert story.contacts() == table("""
        2026-02-09  ReminderIssued  letter  INV-1
        2026-02-21  ReminderIssued  letter  INV-1
    """)


def test_a_proposal_is_taken_back_when_all_of_it_was_paid(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-16")
    story.call("no_answer")
    story.until("2026-02-21")
    story.call("no_answer")
    story.until("2026-02-26")
    story.pay("100.00", "INV-1")
    story.until("2026-03-31")
    assert story.decisions(since="2026-02-26T00:00") == table("""
        2026-02-26  PlacementProposed  agency  INV-1
        2026-02-26  PlacementRecalled  agency  settled before it was placed
    """)
    assert [placement.status for placement in story.account.placements.values()] == ["declined"]


def test_five_emails_from_gentle_to_firm_then_a_manager(story: Story) -> None:
    story.follow("gentle-to-firm")
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-04-30")
    assert story.decisions() == table("""
        2026-01-07  ReminderIssued    coming-due       INV-1
        2026-01-17  ReminderIssued    gentle-reminder  INV-1
        2026-01-31  ReminderIssued    firm-reminder    INV-1
        2026-02-24  ReminderIssued    urgent-reminder  INV-1
        2026-03-11  ReminderIssued    final-demand     INV-1
        2026-03-21  EscalationRaised  manager          INV-1 manager
    """)
