package import Base

/// What one workload held in one hour, as far as it was observed. Everything is a whole number, so that a bucket read
/// back from the database continues exactly where it stopped and writing it again changes nothing.
package struct HourUsage: Sendable, Hashable {
    /// Start of the hour.
    package let hour: Timestamp
    /// Up to where it is counted; a whole second within the hour or its end.
    package var through: Timestamp
    /// Seconds before `through` of which the capacity was known; 3600 in a complete hour.
    package var coveredSeconds: Int64
    /// What was held, times how long.
    package var use: CapacityTime
    /// Pods times the seconds for which they existed.
    package var podSeconds: Int64
    /// The most pods at one time.
    package var maximumPods: Int

    /// A bucket as stored. `hour` is brought to the start of its hour and `through` to a whole second within it.
    package init(
        hour: Timestamp, through: Timestamp, coveredSeconds: Int64 = 0, use: CapacityTime = .zero,
        podSeconds: Int64 = 0, maximumPods: Int = 0
    ) {
        self.hour = hour.startOfHour
        self.through = min(max(through.startOfSecond, self.hour), self.hour.adding(seconds: 3_600))
        self.coveredSeconds = coveredSeconds
        self.use = use
        self.podSeconds = podSeconds
        self.maximumPods = maximumPods
    }

    /// The first second that no longer belongs to the hour.
    package var end: Timestamp { hour.adding(seconds: 3_600) }

    /// Pods on average over the covered time; zero when nothing was covered.
    package var averagePods: Double { coveredSeconds > 0 ? Double(podSeconds) / Double(coveredSeconds) : 0 }

    /// Counts on to a later moment within the hour. `observation` is nil while the capacity is unknown.
    mutating func advance(to moment: Timestamp, holding observation: HourObservation?) {
        let seconds = (moment.microseconds - through.microseconds) / 1_000_000
        through = moment
        guard let observation, seconds > 0 else { return }
        coveredSeconds += seconds
        use += observation.capacity.held(forSeconds: seconds)
        podSeconds = podSeconds.addingSaturating(Int64(observation.pods).multipliedSaturating(by: seconds))
        maximumPods = max(maximumPods, observation.pods)
    }
}

/// What is held from a moment on.
struct HourObservation: Sendable, Hashable {
    var capacity: RequestedCapacity
    var pods: Int
}

extension Timestamp {
    /// The whole second that holds this moment, also before 1970.
    var startOfSecond: Timestamp {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Timestamp(seconds: remainder < 0 ? quotient - 1 : quotient)
    }
}
