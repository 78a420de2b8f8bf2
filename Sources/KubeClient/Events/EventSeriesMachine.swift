internal import Base

/// Decides which reports become events, which count up the series of one that was sent, and which are dropped. Pure.
///
/// As client-go does it: the first of a kind is created at once, the second makes it a series, further ones are only
/// counted; a series that goes on is written every 30 minutes, and once more when nothing has come for 6 minutes.
struct EventSeriesMachine: Sendable {
    /// client-go tools/events/event_broadcaster.go: finishTime and refreshTime.
    static let finish: Duration = .seconds(6 * 60)
    static let refresh: Duration = .seconds(30 * 60)
    /// client-go tools/record/events_cache.go, the filter against spam: 25 at once for an object, then one in 5 minutes.
    static let burstForObject = 25
    static let periodForObject: Duration = .seconds(5 * 60)
    /// All objects together: 100 at once, then one a second.
    static let burst = 100
    static let period: Duration = .seconds(1)
    /// Kinds of reports that are remembered; more at once are dropped.
    static let maximumSeries = 4_000

    enum Action: Sendable, Hashable {
        case create(Event)
        /// Writes the series' state into the event that began it.
        case patch(Event)

        var event: Event {
            switch self {
            case .create(let event), .patch(let event): event
            }
        }
    }

    /// An event as it is to stand on the server.
    struct Event: Sendable, Hashable {
        let report: EventReport
        let name: String
        let eventTime: Timestamp
        /// How often it happened; 1 while it is no series.
        var count = 1
        var lastObserved: Timestamp
    }

    enum Drop: String, Sendable, CaseIterable {
        /// The object, or all of them together, had more events than the rate allows.
        case rate
        case series
        /// The queue to the server is full.
        case queue
        /// The server refused it, or could not be reached in time.
        case refused, unreachable
    }

    private struct Series {
        var event: Event
        var lastReport: Duration
        var lastWrite: Duration
        /// Counted since it was last written.
        var isDirty = false
    }

    private var series: [EventReport.Key: Series] = [:]
    private var objects: [ObjectReference: TokenBucket] = [:]
    /// Of which objects it is known that they had events.
    var objectCount: Int { objects.count }
    private var all = TokenBucket(burst: burst, period: period)
    private var lastNanoseconds: Int64 = 0

    /// - Returns: what to send; nil when it was only counted.
    /// - Throws: `Refusal` when it is dropped.
    mutating func report(
        _ report: EventReport, at now: Duration, timeOfDay: Timestamp
    ) throws(Refusal) -> Action? {
        if var known = series[report.key] {
            known.event.count += 1
            known.event.lastObserved = timeOfDay
            known.lastReport = now
            known.isDirty = true
            defer { series[report.key] = known }
            guard known.event.count == 2, permits(report, at: now) else { return nil }
            (known.isDirty, known.lastWrite) = (false, now)
            return .patch(known.event)
        }
        guard series.count < Self.maximumSeries else { throw Refusal(reason: .series) }
        guard permits(report, at: now) else { throw Refusal(reason: .rate) }
        let event = Event(
            report: report, name: name(report.regarding.name, timeOfDay), eventTime: timeOfDay,
            lastObserved: timeOfDay)
        series[report.key] = Series(event: event, lastReport: now, lastWrite: now)
        return .create(event)
    }

    struct Refusal: Error {
        let reason: Drop
    }

    /// The series that are to be written because they ended or went on for long. To be asked every minute or so.
    mutating func due(at now: Duration) -> [Action] {
        var actions: [Action] = []
        for (key, var one) in series {
            let isFinished = now - one.lastReport >= Self.finish
            if one.isDirty, isFinished || now - one.lastWrite >= Self.refresh {
                // Beyond the rate it waits for the next time.
                guard all.take(at: now) else { continue }
                actions.append(.patch(one.event))
                (one.isDirty, one.lastWrite) = (false, now)
            }
            series[key] = isFinished ? nil : one
        }
        objects = objects.filter { !$0.value.isFull(at: now) }
        return actions
    }

    /// Takes from both buckets or from none, so that an object does not pay for what the others use up, and no more
    /// objects are remembered than the overall rate lets through in the time that a bucket takes to fill.
    private mutating func permits(_ report: EventReport, at now: Duration) -> Bool {
        var bucket =
            objects[report.regarding]
            ?? TokenBucket(burst: Self.burstForObject, period: Self.periodForObject)
        guard bucket.take(at: now), all.take(at: now) else { return false }
        objects[report.regarding] = bucket
        return true
    }

    /// `<object>.<nanoseconds in hexadecimal>`, which must be a DNS subdomain of at most 253 characters.
    private mutating func name(_ object: String, _ timeOfDay: Timestamp) -> String {
        // Two reports of one microsecond are two events.
        lastNanoseconds = max(timeOfDay.microseconds * 1_000, lastNanoseconds + 1)
        let suffix = String(lastNanoseconds, radix: 16)
        let permitted = object.lowercased().unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "0"..."9", ".": Character(scalar)
            default: "-"
            }
        }
        let labels = String(permitted.prefix(252 - suffix.count)).split(separator: ".").compactMap { label in
            let core = label.drop { $0 == "-" }
            return core.lastIndex { $0 != "-" }.map { String(core[...$0]) }
        }
        return (labels.isEmpty ? ["object"] : labels).joined(separator: ".") + "." + suffix
    }
}
