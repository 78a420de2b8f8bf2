import Base
import TestSupport
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "RFC 3339 is read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-02T03:04:05Z", 1_767_323_045_000_000),
            ("2026-01-02t03:04:05z", 1_767_323_045_000_000), ("2026-01-02 03:04:05Z", 1_767_323_045_000_000),
            ("2026-01-02T05:04:05+02:00", 1_767_323_045_000_000), ("2026-01-01T21:34:05-05:30", 1_767_323_045_000_000),
            ("2026-01-02T03:04:05.5Z", 1_767_323_045_500_000), ("2026-01-02T03:04:05.000001Z", 1_767_323_045_000_001),
            ("2026-01-02T03:04:05.123456789Z", 1_767_323_045_123_456), ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
            ("2000-02-29T23:59:59Z", 951_868_799_000_000), ("1969-12-31T23:59:59.999999Z", -1),
            ("1900-03-01T00:00:00Z", -2_203_891_200_000_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
            // RFC 3339 §5.8: a leap second is the next second.
            ("1990-12-31T23:59:60Z", 662_688_000_000_000), ("1990-12-31T15:59:60-08:00", 662_688_000_000_000),
        ])
    func reading(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "2026", "2026-01-02", "2026-01-02T03:04Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05+2",
            "2026-01-02T03:04:05 Z", " 2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z ", "2026-1-2T03:04:05Z",
            "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
            "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-02-30T00:00:60Z", "2026-04-31T00:00:00Z",
            "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z", "2026-01-02T03:04:61Z", "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05.1234567890Z", "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05+02:60",
            "+2026-01-02T03:04:05Z", "２026-01-02T03:04:05Z", "2026-01-02T03:04:05Zé", "99999-01-01T00:00:00Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(
        "moments are printed in UTC, with a fraction only when there is one",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_767_323_045_000_000, "2026-01-02T03:04:05Z"),
            (1_767_323_045_000_001, "2026-01-02T03:04:05.000001Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (-1_000_000, "1969-12-31T23:59:59Z"), (1_709_251_199_000_000, "2024-02-29T23:59:59Z"),
            (-62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
        ])
    func printing(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
    }

    @Test("what is printed is read back", arguments: [1, 2, 3] as [UInt64])
    func roundTrip(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<1_000 {
            let moment = Timestamp(
                microseconds: .random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &random))
            #expect(Timestamp(rfc3339: moment.rfc3339) == moment, "\(moment.rfc3339)")
        }
    }

    @Test("the first and the last moment there are can be printed")
    func extremes() {
        #expect(Timestamp(microseconds: .min).rfc3339.hasSuffix("Z"))
        #expect(Timestamp(microseconds: .max).rfc3339 == "294247-01-10T04:00:54.775807Z")
    }

    @Test("hours and days begin at or before the moment, also before 1970")
    func units() throws {
        let moment = try #require(Timestamp(rfc3339: "2026-01-02T03:04:05.5Z"))
        #expect(moment.startOfHour.rfc3339 == "2026-01-02T03:00:00Z")
        #expect(moment.startOfDay.rfc3339 == "2026-01-02T00:00:00Z")
        #expect(moment.startOfHour.startOfHour == moment.startOfHour)
        #expect(Timestamp(microseconds: -1).startOfHour.rfc3339 == "1969-12-31T23:00:00Z")
        #expect(Timestamp(seconds: -86_400).startOfDay == Timestamp(seconds: -86_400))
    }

    @Test("moments are added to, told apart and ordered")
    func arithmetic() {
        let moment = Timestamp(seconds: 100)
        #expect(moment.adding(seconds: -40) == Timestamp(seconds: 60))
        #expect(moment.secondsSince(Timestamp(microseconds: 99_500_000)) == 0.5)
        #expect(moment.adding(seconds: -1) < moment && !(moment < moment))
        #expect(Timestamp.now() > Timestamp(seconds: 1_700_000_000))
    }
}
