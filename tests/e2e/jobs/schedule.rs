//! When a job is due.

use jiff::Timestamp;
use shukei_report::{Schedule, ScheduleError, time_zone};

#[test]
fn a_schedule_is_due_once_also_where_clocks_change() {
    // Expression, zone, a moment, and what is due after it, one after the other.
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (
            "0 6 * * *",
            "Asia/Tokyo",
            "2026-11-25T00:00:00Z",
            &["2026-11-26T06:00:00+09:00", "2026-11-27T06:00:00+09:00"],
        ),
        (
            "0 6 * * *",
            "UTC",
            "2026-11-25T05:59:59.5Z",
            &["2026-11-25T06:00:00+00:00", "2026-11-26T06:00:00+00:00"],
        ),
        // What is due at this very moment is not due again.
        ("0 6 * * *", "UTC", "2026-11-25T06:00:00Z", &["2026-11-26T06:00:00+00:00"]),
        ("0 6 * * *", "UTC", "2026-11-25T06:00:00.4Z", &["2026-11-26T06:00:00+00:00"]),
        ("@daily", "Asia/Tokyo", "2026-12-31T12:00:00Z", &["2027-01-01T00:00:00+09:00"]),
        ("0 9 * * MON", "Asia/Tokyo", "2026-11-25T00:00:00Z", &["2026-11-30T09:00:00+09:00"]),
        (
            "0 0 L * *",
            "UTC",
            "2028-02-01T00:00:00Z",
            &["2028-02-29T00:00:00+00:00", "2028-03-31T00:00:00+00:00"],
        ),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", &["2028-02-29T00:00:00+00:00"]),
        // Clocks go forward from 02:00 to 03:00.
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"],
        ),
        (
            "0,30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"],
        ),
        (
            "0,30 2,3 29 * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00", "2026-04-29T02:00:00+02:00"],
        ),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-03-28T23:30:00Z",
            &["2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"],
        ),
        (
            "*/20 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"],
        ),
        (
            "*/30 * * * *",
            "Europe/Berlin",
            "2026-03-29T00:00:00Z",
            &["2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00"],
        ),
        // At midnight, from 00:00 to 01:00.
        (
            "0 0 * * *",
            "Africa/Cairo",
            "2026-04-23T12:00:00Z",
            &["2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"],
        ),
        // Clocks go back from 03:00 to 02:00.
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"],
        ),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", &["2026-10-26T02:30:00+01:00"]),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-10-24T23:30:00Z",
            &["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"],
        ),
        (
            "0,30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:00:00+01:00"],
        ),
        // By half an hour, from 02:00 to 01:30.
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T00:00:00Z",
            &["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"],
        ),
        (
            "@hourly",
            "Australia/Lord_Howe",
            "2026-04-04T14:15:00Z",
            &["2026-04-05T02:00:00+10:30", "2026-04-05T03:00:00+10:30"],
        ),
    ];
    for (expression, zone, moment, wanted) in cases {
        let schedule = Schedule::parse(expression, time_zone(zone).unwrap()).unwrap();
        let mut after: Timestamp = moment.parse().unwrap();
        for wanted in *wanted {
            let due = schedule.next_after(after).unwrap();
            let got = due.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
            assert_eq!(&got, wanted, "`{expression}` in {zone} after {after}");
            after = due.timestamp();
        }
    }
    for expression in ["", "0 6 * *", "0 0 6 * * *", "61 * * * *", "* * * * FOO", "every day"] {
        let error = Schedule::parse(expression, time_zone("UTC").unwrap()).unwrap_err();
        assert!(matches!(error, ScheduleError::Expression { .. }), "`{expression}`: {error:?}");
        assert_eq!(error.key(), "schedule");
    }
    let never = Schedule::parse("0 0 30 2 *", time_zone("UTC").unwrap()).unwrap_err();
    assert!(matches!(never, ScheduleError::Never { .. }), "{never:?}");
    let nowhere = time_zone("Asia/Tokio").unwrap_err();
    assert_eq!(nowhere.hint(), "did you mean `Asia/Tokyo`?");
}
